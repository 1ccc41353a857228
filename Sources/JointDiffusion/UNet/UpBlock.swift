import Tensors

/// One resolution on the way up: ResNet blocks that join what the way down kept, transformers after them if
/// the block has them, and a doubling convolution everywhere but at the finest (`UpBlock2D`,
/// `CrossAttnUpBlock2D`).
struct UpBlock {
    let layers: [UNetLayer]
    let upsampler: Convolution?  // upsamplers.0.conv

    /// - Parameter index: position in `up_blocks`: 0 is the coarsest resolution.
    init(
        _ scope: ParameterScope, index: Int, configuration: UNetConfiguration,
        selfAttentionLayers: inout Int
    ) throws(CheckpointError) {
        let channels = configuration.blockChannels
        let level = channels.count - 1 - index
        let below = channels[min(level + 1, channels.count - 1)]  // what comes up from below
        let beside = channels[max(level - 1, 0)]  // what the level's first block on the way down took in
        let count = configuration.layersPerBlock[level] + 1
        let inputs = (0..<count).map { layer in
            (layer == 0 ? below : channels[level]) + (layer == count - 1 ? beside : channels[level])
        }
        layers = try UNetLayer.layers(
            scope, kind: configuration.upBlocks[index], level: level, inputs: inputs,
            configuration: configuration, selfAttentionLayers: &selfAttentionLayers)
        upsampler =
            if level == 0 { nil } else {
                try Convolution(
                    scope["upsamplers", 0, "conv"], in: channels[level], out: channels[level])
            }
    }

    /// `x [N, h, w, C]` -> `[N, 2h, 2w, C']`, or one less where the next resolution is odd; takes its partners
    /// off `skips`.
    func callAsFunction(
        _ x: Tensor, time: Tensor, context: Captions, coupling: Coupling, skips: inout [Tensor]
    ) -> Tensor {
        var x = x
        for layer in layers {
            let joined = x.concatenatingChannels(skips.removeLast())
            x = layer(joined, time: time, context: context, coupling: coupling)
        }
        if let upsampler {
            let next = skips[skips.count - 1].shape
            x = upsampler(x.upsampledNearest2x(height: next[1], width: next[2]))
        }
        return x
    }
}
