import Tensors

/// Transformer blocks over the pixels of a feature map (`Transformer2DModel`).
struct SpatialTransformer {
    let norm: GroupNorm  // its epsilon is 1e-6, unlike that of the ResNet blocks
    let projIn: Linear  // proj_in
    let blocks: [TransformerBlock]  // transformer_blocks
    let projOut: Linear  // proj_out

    init(
        _ scope: ParameterScope, channels: Int, heads: Int, depth: Int, firstLayer: Int,
        configuration: UNetConfiguration
    ) throws(CheckpointError) {
        norm = try GroupNorm(
            scope["norm"], channels: channels, groups: configuration.normGroups, epsilon: 1e-6)
        let convolutional = !configuration.usesLinearProjection
        projIn = try Linear(
            scope["proj_in"], in: channels, out: channels, storedAsConvolution: convolutional)
        var blocks: [TransformerBlock] = []
        for index in 0..<depth {
            blocks.append(
                try TransformerBlock(
                    scope["transformer_blocks", index], channels: channels, heads: heads,
                    contextWidth: configuration.crossAttentionWidth, layer: firstLayer + index))
        }
        self.blocks = blocks
        projOut = try Linear(
            scope["proj_out"], in: channels, out: channels, storedAsConvolution: convolutional)
    }

    /// `x [N, H, W, C]` -> `[N, H, W, C]`.
    func callAsFunction(_ x: Tensor, context: Captions, coupling: Coupling) -> Tensor {
        let tokens: Shape = [x.shape[0], x.shape[1] * x.shape[2], x.shape[3]]
        // 1. Normalise, project, see pixels as tokens.
        var hidden = projIn(norm(x)).reshaped(tokens)
        // 2. The blocks.
        for block in blocks { hidden = block(hidden, context: context, coupling: coupling) }
        // 3. Project and add to the input.
        return projOut(hidden, residual: x.reshaped(tokens)).reshaped(x.shape)
    }
}
