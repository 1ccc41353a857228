import Tensors

/// The coarsest resolution: a transformer between two ResNet blocks, or one ResNet block pair without
/// (`UNetMidBlock2DCrossAttn`, `UNetMidBlock2D`).
struct MiddleBlock {
    let first: ResidualBlock  // resnets.0
    let attention: SpatialTransformer?  // attentions.0
    let second: ResidualBlock?  // resnets.1

    init(
        _ scope: ParameterScope, kind: UNetConfiguration.BlockKind, configuration: UNetConfiguration,
        selfAttentionLayers: inout Int
    ) throws(CheckpointError) {
        let last = configuration.blockChannels.count - 1
        let channels = configuration.blockChannels[last]
        let resnet = { (index: Int) throws(CheckpointError) in
            try ResidualBlock(
                scope["resnets", index], in: channels, out: channels,
                timeWidth: configuration.timeEmbeddingWidth, groups: configuration.normGroups,
                epsilon: configuration.normEpsilon)
        }
        first = try resnet(0)
        guard kind == .crossAttention else {
            // The plain middle block of a conditional U-Net has no layers besides its first ResNet block.
            attention = nil
            second = nil
            return
        }
        let depth = configuration.transformerDepth[last]
        attention = try SpatialTransformer(
            scope["attentions", 0], channels: channels, heads: configuration.heads[last], depth: depth,
            firstLayer: selfAttentionLayers, configuration: configuration)
        selfAttentionLayers += depth
        second = try resnet(1)
    }

    /// `x [N, h, w, C]` -> `[N, h, w, C]`.
    func callAsFunction(_ x: Tensor, time: Tensor, context: Captions, coupling: Coupling) -> Tensor {
        var x = first(x, time: time)
        if let attention { x = attention(x, context: context, coupling: coupling) }
        if let second { x = second(x, time: time) }
        return x
    }
}
