import Tensors

/// Layer normalisation over the innermost dimension.
public struct LayerNorm {
    /// `weight [C]`, `bias [C]`
    let weight, bias: Parameter
    let epsilon: Float

    public init(_ scope: ParameterScope, channels: Int, epsilon: Float = 1e-5) throws(CheckpointError) {
        weight = try scope.parameter("weight", [channels])
        bias = try scope.parameter("bias", [channels])
        self.epsilon = epsilon
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.layerNorm(weight: weight, bias: bias, epsilon: epsilon)
    }
}
