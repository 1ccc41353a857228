import Tensors

/// A dense layer.
public struct Linear {
    /// `weight [out, in]`
    let weight: Parameter
    /// `bias [out]`
    let bias: Parameter?

    public init(
        _ scope: ParameterScope, in inputs: Int, out outputs: Int, bias hasBias: Bool = true,
        storedAsConvolution: Bool = false
    ) throws(CheckpointError) {
        if storedAsConvolution {
            // A 1x1 convolution over NHWC is a dense layer over pixels.
            let stored = try scope.parameter("weight", [outputs, inputs, 1, 1])
            weight = stored.seen(as: stored.value.reshaped([outputs, inputs]))
        } else {
            weight = try scope.parameter("weight", [outputs, inputs])
        }
        bias = hasBias ? try scope.parameter("bias", [outputs]) : nil
    }

    /// GEGLU of what the layer gives: `x [..., in]` -> `[..., out / 2]`.
    func geglu(_ x: Tensor) -> Tensor { x.linearGEGLU(weight, bias: bias) }

    /// `x [..., in]` -> `[..., out]`, plus `residual`.
    public func callAsFunction(_ x: Tensor, residual: Tensor? = nil) -> Tensor {
        x.linear(weight, bias: bias, residual: residual)
    }
}
