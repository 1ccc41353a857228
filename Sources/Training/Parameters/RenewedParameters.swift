import JointDiffusion
import Tensors

/// A checkpoint's parameters, some of which begin anew: layers that learned nothing, such as ReLUs that are never above 0.
public final class RenewedParameters: ParameterSource {
    private let checkpoint: any ParameterSource
    private let initialiser: ParameterInitialiser
    private let isRenewed: (String) -> Bool

    public init(
        _ checkpoint: any ParameterSource, from initialiser: ParameterInitialiser,
        isRenewed: @escaping (String) -> Bool
    ) {
        self.checkpoint = checkpoint
        self.initialiser = initialiser
        self.isRenewed = isRenewed
    }

    public func parameter(_ key: String, shape: Shape) throws(CheckpointError) -> Parameter {
        let stored = try checkpoint.parameter(key, shape: shape)
        return isRenewed(key) ? try initialiser.parameter(key, shape: shape) : stored
    }
}
