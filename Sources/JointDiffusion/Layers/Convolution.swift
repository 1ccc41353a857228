import Tensors

/// A square 2D convolution.
public struct Convolution {
    /// `weight [out, in, kernel, kernel]`
    let weight: Parameter
    /// `bias [out]`
    let bias: Parameter?
    let geometry: ConvolutionGeometry

    /// - Parameter outputs: how many of the stored `out` channels are wanted, the first ones; all by default.
    public init(
        _ scope: ParameterScope, in inputs: Int, out stored: Int, keepingFirst outputs: Int? = nil,
        geometry: ConvolutionGeometry = .same3x3, bias hasBias: Bool = true
    ) throws(CheckpointError) {
        let first = { (parameter: Parameter) in
            guard let outputs else { return parameter }
            return parameter.seen(as: parameter.value[rows: 0..<outputs])
        }
        weight = first(
            try scope.parameter("weight", [stored, inputs, geometry.kernel, geometry.kernel]))
        bias = hasBias ? first(try scope.parameter("bias", [stored])) : nil
        self.geometry = geometry
    }

    /// `x [N, H, W, in]` -> `[N, H', W', out]`, plus `residual`, then `activation`.
    public func callAsFunction(_ x: Tensor, residual: Tensor? = nil, activation: Activation? = nil) -> Tensor
    {
        x.convolution(
            weight, bias: bias, geometry: geometry, residual: residual, activation: activation)
    }
}

extension ConvolutionGeometry {
    public static let same3x3 = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
    public static let pointwise = ConvolutionGeometry(kernel: 1, paddingBefore: 0, paddingAfter: 0)
    /// Halves the extents; the U-Net's pads all sides.
    public static let halving = ConvolutionGeometry(kernel: 3, stride: 2, paddingBefore: 1, paddingAfter: 1)
    /// Halves the extents; the VAE encoder's pads right and bottom only.
    public static let halvingRightBottom = ConvolutionGeometry(
        kernel: 3, stride: 2, paddingBefore: 0, paddingAfter: 1)
}
