import Tensors

/// Self-attention over a whole set of images (JeDi, section 3.2): the tokens of all images of a set, and those
/// that references left behind, stand in one sequence. No image index is added, so any number works.
public struct CoupledSelfAttention {
    let toQ, toK, toV: Linear  // to_q, to_k, to_v: no bias
    let toOut: Linear  // to_out.0
    let heads: Int
    /// Position among the U-Net's self-attention layers, in order of execution.
    let layer: Int

    init(_ scope: ParameterScope, channels: Int, heads: Int, layer: Int) throws(CheckpointError) {
        toQ = try Linear(scope["to_q"], in: channels, out: channels, bias: false)
        toK = try Linear(scope["to_k"], in: channels, out: channels, bias: false)
        toV = try Linear(scope["to_v"], in: channels, out: channels, bias: false)
        toOut = try Linear(scope["to_out", 0], in: channels, out: channels)
        self.heads = heads
        self.layer = layer
    }

    /// `x [N, T, C]` -> `[N, T, C]`, plus `residual`.
    func callAsFunction(_ x: Tensor, coupling: Coupling, residual: Tensor) -> Tensor {
        // 1. Queries, keys and values of every image.
        let (q, k, v) = (toQ(x), toK(x), toV(x))
        // 2. What references leave behind.
        coupling.recorder?.record(keys: k, values: v, layer: layer)
        // 3. Every image attends to its set and to the references of its set.
        let seen = coupling.keysValues(keys: k, values: v, layer: layer)
        coupling.counter?.observe(q, keysValues: seen, sets: coupling.sets, layer: layer, heads: heads)
        let attended = q.attention(over: seen, heads: heads)
        // 4. Output projection.
        return toOut(attended, residual: residual)
    }
}
