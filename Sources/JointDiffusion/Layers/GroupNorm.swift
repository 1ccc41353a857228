import Tensors

/// Group normalisation over the channels of an image.
public struct GroupNorm {
    /// `weight [C]`, `bias [C]`
    let weight, bias: Parameter
    let groups: Int
    let epsilon: Float

    public init(_ scope: ParameterScope, channels: Int, groups: Int, epsilon: Float) throws(CheckpointError) {
        weight = try scope.parameter("weight", [channels])
        bias = try scope.parameter("bias", [channels])
        self.groups = groups
        self.epsilon = epsilon
    }

    /// Normalises `x [N, ..., C]` (+ `offset [N, C]`), then applies `activation`.
    public func callAsFunction(_ x: Tensor, offset: Tensor? = nil, activation: Activation? = nil) -> Tensor {
        x.groupNorm(
            groups: groups, weight: weight, bias: bias, epsilon: epsilon, offset: offset,
            activation: activation)
    }
}
