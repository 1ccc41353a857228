import Tensors

/// One resolution on the way down: ResNet blocks, each followed by a transformer if the block has them, and
/// a halving convolution everywhere but at the coarsest (`DownBlock2D`, `CrossAttnDownBlock2D`).
struct DownBlock {
    let layers: [UNetLayer]
    let downsampler: Convolution?  // downsamplers.0.conv

    init(
        _ scope: ParameterScope, level: Int, configuration: UNetConfiguration,
        selfAttentionLayers: inout Int
    ) throws(CheckpointError) {
        let channels = configuration.blockChannels
        let first = channels[max(level - 1, 0)]
        let others = Array(repeating: channels[level], count: configuration.layersPerBlock[level] - 1)
        layers = try UNetLayer.layers(
            scope, kind: configuration.downBlocks[level], level: level, inputs: [first] + others,
            configuration: configuration, selfAttentionLayers: &selfAttentionLayers)
        downsampler =
            if level == channels.count - 1 { nil } else {
                try Convolution(
                    scope["downsamplers", 0, "conv"], in: channels[level], out: channels[level],
                    geometry: .halving)
            }
    }

    /// `x [N, h, w, C]` -> `[N, ⌈h/2⌉, ⌈w/2⌉, C']`; appends every intermediate result to `skips`.
    /// - Parameter halves: whether the next resolution is wanted at all.
    func callAsFunction(
        _ x: Tensor, time: Tensor, context: Captions, coupling: Coupling, skips: inout [Tensor],
        halves: Bool = true
    ) -> Tensor {
        var x = x
        for layer in layers {
            x = layer(x, time: time, context: context, coupling: coupling)
            skips.append(x)
        }
        if halves, let downsampler {
            x = downsampler(x)
            skips.append(x)
        }
        return x
    }
}
