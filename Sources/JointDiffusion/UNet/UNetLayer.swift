import Tensors

/// A ResNet block, and a transformer after it where the U-Net's block has them.
struct UNetLayer {
    let resnet: ResidualBlock  // resnets.<index>
    let attention: SpatialTransformer?  // attentions.<index>

    /// All layers of one block.
    /// - Parameters:
    ///   - scope: the block's.
    ///   - level: its resolution, 0 the finest.
    ///   - inputs: what each layer's ResNet block takes in, in channels.
    ///   - selfAttentionLayers: how many there were before; counted up.
    static func layers(
        _ scope: ParameterScope, kind: UNetConfiguration.BlockKind, level: Int, inputs: [Int],
        configuration: UNetConfiguration, selfAttentionLayers: inout Int
    ) throws(CheckpointError) -> [UNetLayer] {
        var layers: [UNetLayer] = []
        for (index, channels) in inputs.enumerated() {
            let resnet = try ResidualBlock(
                scope["resnets", index], in: channels, out: configuration.blockChannels[level],
                timeWidth: configuration.timeEmbeddingWidth, groups: configuration.normGroups,
                epsilon: configuration.normEpsilon)
            guard kind == .crossAttention else {
                layers.append(UNetLayer(resnet: resnet, attention: nil))
                continue
            }
            let depth = configuration.transformerDepth[level]
            let attention = try SpatialTransformer(
                scope["attentions", index], channels: configuration.blockChannels[level],
                heads: configuration.heads[level], depth: depth, firstLayer: selfAttentionLayers,
                configuration: configuration)
            selfAttentionLayers += depth
            layers.append(UNetLayer(resnet: resnet, attention: attention))
        }
        return layers
    }

    /// `x [N, h, w, in]` -> `[N, h, w, out]`.
    func callAsFunction(_ x: Tensor, time: Tensor, context: Captions, coupling: Coupling) -> Tensor {
        let x = resnet(x, time: time)
        return attention.map { $0(x, context: context, coupling: coupling) } ?? x
    }
}
