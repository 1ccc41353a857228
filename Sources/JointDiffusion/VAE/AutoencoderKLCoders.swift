import Tensors

extension AutoencoderKL {
    /// Pixels to the mean of the latents' distribution.
    struct Encoder {
        let convIn: Convolution  // encoder.conv_in
        let levels: [(resnets: [ResidualBlock], downsampler: Convolution?)]  // encoder.down_blocks
        let middle: Middle  // encoder.mid_block
        let normOut: GroupNorm  // encoder.conv_norm_out
        let convOut: Convolution  // encoder.conv_out
        let quantise: Convolution?  // quant_conv

        init(_ scope: ParameterScope, configuration: Configuration, isConvolution: (String) -> Bool)
            throws(CheckpointError)
        {
            let channels = configuration.blockChannels
            let last = channels.count - 1
            let encoder = scope["encoder"]
            convIn = try Convolution(encoder["conv_in"].fullPrecision, in: 3, out: channels[0])
            var levels: [(resnets: [ResidualBlock], downsampler: Convolution?)] = []
            for level in channels.indices {
                let block = encoder["down_blocks", level]
                let resnets = try residualBlocks(
                    block, count: configuration.layersPerBlock, in: channels[max(level - 1, 0)],
                    out: channels[level], groups: configuration.normGroups)
                let downsampler: Convolution? =
                    if level == last { nil } else {
                        try Convolution(
                            block["downsamplers", 0, "conv"], in: channels[level], out: channels[level],
                            geometry: .halvingRightBottom)
                    }
                levels.append((resnets, downsampler))
            }
            self.levels = levels
            middle = try Middle(
                encoder["mid_block"], prefix: "encoder.mid_block.", channels: channels[last],
                configuration: configuration, isConvolution: isConvolution)
            normOut = try GroupNorm(
                encoder["conv_norm_out"].fullPrecision, channels: channels[last],
                groups: configuration.normGroups,
                epsilon: 1e-6)
            // The second half of the output channels is the log variance, which references do without.
            let mean = configuration.latentChannels
            convOut = try Convolution(
                encoder["conv_out"].fullPrecision, in: channels[last], out: 2 * mean,
                keepingFirst: configuration.hasQuantConvolution ? nil : mean)
            quantise =
                if configuration.hasQuantConvolution {
                    try Convolution(
                        scope["quant_conv"].fullPrecision, in: 2 * mean, out: 2 * mean, keepingFirst: mean,
                        geometry: .pointwise)
                } else { nil }
        }

        /// `[N, H, W, 3]` -> `[N, h, w, latentChannels]`, unscaled.
        func callAsFunction(_ pixels: Tensor) -> Tensor {
            var x = convIn(pixels)
            for level in levels {
                for resnet in level.resnets { x = resnet(x) }
                if let downsampler = level.downsampler { x = downsampler(x) }
            }
            x = convOut(normOut(middle(x), activation: .silu))
            return quantise.map { $0(x) } ?? x
        }
    }

    /// Latents to pixels.
    struct Decoder {
        let postQuantise: Convolution?  // post_quant_conv
        let convIn: Convolution  // decoder.conv_in
        let middle: Middle  // decoder.mid_block
        let levels: [(resnets: [ResidualBlock], upsampler: Convolution?)]  // decoder.up_blocks
        let normOut: GroupNorm  // decoder.conv_norm_out
        let convOut: Convolution  // decoder.conv_out

        init(_ scope: ParameterScope, configuration: Configuration, isConvolution: (String) -> Bool)
            throws(CheckpointError)
        {
            let channels = Array(configuration.blockChannels.reversed())
            let last = channels.count - 1
            let latents = configuration.latentChannels
            let decoder = scope["decoder"]
            postQuantise =
                if configuration.hasPostQuantConvolution {
                    try Convolution(
                        scope["post_quant_conv"].fullPrecision, in: latents, out: latents,
                        geometry: .pointwise)
                } else { nil }
            convIn = try Convolution(decoder["conv_in"].fullPrecision, in: latents, out: channels[0])
            middle = try Middle(
                decoder["mid_block"], prefix: "decoder.mid_block.", channels: channels[0],
                configuration: configuration, isConvolution: isConvolution)
            var levels: [(resnets: [ResidualBlock], upsampler: Convolution?)] = []
            for level in channels.indices {
                let block = decoder["up_blocks", level]
                let resnets = try residualBlocks(
                    block, count: configuration.layersPerBlock + 1, in: channels[max(level - 1, 0)],
                    out: channels[level], groups: configuration.normGroups)
                let upsampler: Convolution? =
                    if level == last { nil } else {
                        try Convolution(
                            block["upsamplers", 0, "conv"], in: channels[level], out: channels[level])
                    }
                levels.append((resnets, upsampler))
            }
            self.levels = levels
            normOut = try GroupNorm(
                decoder["conv_norm_out"].fullPrecision, channels: channels[last],
                groups: configuration.normGroups,
                epsilon: 1e-6)
            convOut = try Convolution(decoder["conv_out"].fullPrecision, in: channels[last], out: 3)
        }

        /// `[N, h, w, latentChannels]`, unscaled -> `[N, H, W, 3]`.
        func callAsFunction(_ latents: Tensor) -> Tensor {
            var x = middle(convIn(postQuantise.map { $0(latents) } ?? latents))
            for level in levels {
                for resnet in level.resnets { x = resnet(x) }
                if let upsampler = level.upsampler { x = upsampler(x.upsampledNearest2x()) }
                // Finer levels have the larger activations, and no use for these weights.
                x.backend.discardWeights()
            }
            return convOut(normOut(x, activation: .silu))
        }
    }

    /// The coarsest resolution: attention over all pixels between two ResNet blocks.
    struct Middle {
        let first, second: ResidualBlock  // resnets.0, resnets.1
        let attention: PixelAttention?  // attentions.0

        init(
            _ scope: ParameterScope, prefix: String, channels: Int, configuration: Configuration,
            isConvolution: (String) -> Bool
        ) throws(CheckpointError) {
            let resnets = try residualBlocks(
                scope, count: 2, in: channels, out: channels, groups: configuration.normGroups)
            (first, second) = (resnets[0], resnets[1])
            attention =
                if configuration.hasMiddleAttention {
                    try PixelAttention(
                        scope["attentions", 0], channels: channels, groups: configuration.normGroups,
                        storedAsConvolution: isConvolution(prefix + "attentions.0.to_q.weight"))
                } else { nil }
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            let x = first(x)
            return second(attention.map { $0(x) } ?? x)
        }
    }

    /// Single-head self-attention over the pixels of each image.
    struct PixelAttention {
        let norm: GroupNorm  // group_norm
        let toQ, toK, toV: Linear  // to_q, to_k, to_v
        let toOut: Linear  // to_out.0

        init(_ scope: ParameterScope, channels: Int, groups: Int, storedAsConvolution: Bool)
            throws(CheckpointError)
        {
            let linear = { (scope: ParameterScope) throws(CheckpointError) in
                try Linear(scope, in: channels, out: channels, storedAsConvolution: storedAsConvolution)
            }
            norm = try GroupNorm(scope["group_norm"], channels: channels, groups: groups, epsilon: 1e-6)
            toQ = try linear(scope["to_q"])
            toK = try linear(scope["to_k"])
            toV = try linear(scope["to_v"])
            toOut = try linear(scope["to_out", 0])
        }

        func callAsFunction(_ x: Tensor) -> Tensor {
            let tokens: Shape = [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]
            let normalised = norm(x).reshaped(tokens)
            let (k, v) = (toK(normalised), toV(normalised))
            let attended = toQ(normalised).attention(
                over: Coupling.alone(images: x.shape[0]).keysValues(keys: k, values: v, layer: 0), heads: 1,
                bearing: toQ.weight.coarsest)
            return toOut(attended, residual: x.reshaped(tokens)).reshaped(x.shape)
        }
    }
}

/// `resnets.0` to `resnets.(count - 1)` of a VAE block; the first changes the channels.
private func residualBlocks(
    _ scope: ParameterScope, count: Int, in inputs: Int, out outputs: Int, groups: Int
) throws(CheckpointError) -> [ResidualBlock] {
    var blocks: [ResidualBlock] = []
    for index in 0..<count {
        blocks.append(
            try ResidualBlock(
                scope["resnets", index], in: index == 0 ? inputs : outputs, out: outputs, timeWidth: nil,
                groups: groups, epsilon: 1e-6))
    }
    return blocks
}
