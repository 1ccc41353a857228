import Tensors

/// Two normalised convolutions around a shortcut; between them the U-Net adds the time embedding
/// (`ResnetBlock2D`).
struct ResidualBlock {
    let norm1: GroupNorm
    let conv1: Convolution
    let timeProjection: Linear?  // time_emb_proj
    let norm2: GroupNorm
    let conv2: Convolution
    let shortcut: Linear?  // conv_shortcut, a 1x1 convolution where the channels change

    /// - Parameter timeWidth: width of the time embedding; nil in the VAE, which has none.
    init(
        _ scope: ParameterScope, in inputs: Int, out outputs: Int, timeWidth: Int?, groups: Int,
        epsilon: Float
    ) throws(CheckpointError) {
        norm1 = try GroupNorm(scope["norm1"], channels: inputs, groups: groups, epsilon: epsilon)
        conv1 = try Convolution(scope["conv1"], in: inputs, out: outputs)
        timeProjection =
            if let timeWidth {
                try Linear(scope["time_emb_proj"].bearing(.bfloat16), in: timeWidth, out: outputs)
            } else { nil }
        norm2 = try GroupNorm(scope["norm2"], channels: outputs, groups: groups, epsilon: epsilon)
        conv2 = try Convolution(scope["conv2"], in: outputs, out: outputs)
        shortcut =
            if inputs == outputs { nil } else {
                try Linear(scope["conv_shortcut"], in: inputs, out: outputs, storedAsConvolution: true)
            }
    }

    /// `x [N, H, W, in]`, `time [N, timeWidth]` (already through SiLU) -> `[N, H, W, out]`.
    func callAsFunction(_ x: Tensor, time: Tensor? = nil) -> Tensor {
        // The time embedding is added to every pixel; the second norm does it on the way.
        let offset = time.flatMap { time in timeProjection.map { $0(time) } }
        let hidden = conv1(norm1(x, activation: .silu))
        let normalised = norm2(hidden, offset: offset, activation: .silu)
        return conv2(normalised, residual: shortcut.map { $0(x) } ?? x)
    }
}
