import Tensors

/// Self-attention over the set, cross-attention to the caption, feed-forward; each normalised before and
/// added to what came in (`BasicTransformerBlock`).
struct TransformerBlock {
    let norm1, norm2, norm3: LayerNorm
    let attn1: CoupledSelfAttention
    let attn2: CrossAttention
    let expand: Linear  // ff.net.0.proj: channels -> 2 * 4 * channels, for GEGLU
    let contract: Linear  // ff.net.2: 4 * channels -> channels

    init(_ scope: ParameterScope, channels: Int, heads: Int, contextWidth: Int, layer: Int)
        throws(CheckpointError)
    {
        norm1 = try LayerNorm(scope["norm1"], channels: channels)
        attn1 = try CoupledSelfAttention(scope["attn1"], channels: channels, heads: heads, layer: layer)
        norm2 = try LayerNorm(scope["norm2"], channels: channels)
        attn2 = try CrossAttention(
            scope["attn2"], channels: channels, contextWidth: contextWidth, heads: heads)
        norm3 = try LayerNorm(scope["norm3"], channels: channels)
        expand = try Linear(scope["ff", "net", 0, "proj"], in: channels, out: 8 * channels)
        contract = try Linear(scope["ff", "net", 2], in: 4 * channels, out: channels)
    }

    /// `x [N, T, C]` -> `[N, T, C]`.
    func callAsFunction(_ x: Tensor, context: Captions, coupling: Coupling) -> Tensor {
        var x = attn1(norm1(x), coupling: coupling, residual: x)
        x = attn2(norm2(x), context: context, residual: x)
        return contract(expand.geglu(norm3(x)), residual: x)
    }
}
