import Tensors

/// One resolution on the way down: ResNet blocks, each followed by a transformer if the block has them, and
/// a halving convolution everywhere but at the coarsest (`DownBlock2D`, `CrossAttnDownBlock2D`).
struct DownBlock {
    let resnets: [ResidualBlock]
    let attentions: [SpatialTransformer]  // empty in plain blocks
    let downsampler: Convolution?  // downsamplers.0.conv

    init(
        _ scope: ParameterScope, level: Int, configuration: UNetConfiguration,
        selfAttentionLayers: inout Int
    ) throws(CheckpointError) {
        let channels = configuration.blockChannels
        var resnets: [ResidualBlock] = []
        var attentions: [SpatialTransformer] = []
        for layer in 0..<configuration.layersPerBlock[level] {
            let inputs = layer == 0 ? channels[max(level - 1, 0)] : channels[level]
            resnets.append(
                try ResidualBlock(
                    scope["resnets", layer], in: inputs, out: channels[level],
                    timeWidth: configuration.timeEmbeddingWidth, groups: configuration.normGroups,
                    epsilon: configuration.normEpsilon))
            if configuration.downBlocks[level] == .crossAttention {
                let depth = configuration.transformerDepth[level]
                attentions.append(
                    try SpatialTransformer(
                        scope["attentions", layer], channels: channels[level],
                        heads: configuration.heads[level], depth: depth, firstLayer: selfAttentionLayers,
                        configuration: configuration))
                selfAttentionLayers += depth
            }
        }
        self.resnets = resnets
        self.attentions = attentions
        downsampler =
            if level == channels.count - 1 { nil } else {
                try Convolution(
                    scope["downsamplers", 0, "conv"], in: channels[level], out: channels[level],
                    geometry: .halving)
            }
    }

    /// `x [N, h, w, C]` -> `[N, ⌈h/2⌉, ⌈w/2⌉, C']`; appends every intermediate result to `skips`.
    func callAsFunction(
        _ x: Tensor, time: Tensor, context: Captions, coupling: Coupling, skips: inout [Tensor]
    ) -> Tensor {
        var x = x
        for (layer, resnet) in resnets.enumerated() {
            x = resnet(x, time: time)
            if !attentions.isEmpty { x = attentions[layer](x, context: context, coupling: coupling) }
            skips.append(x)
        }
        if let downsampler {
            x = downsampler(x)
            skips.append(x)
        }
        return x
    }
}
