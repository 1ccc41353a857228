import JointDiffusion
import Tensors

/// The parameters of a component that is trained: float32 copies on a tape, whatever precision they came in.
///
/// A model that is built from it computes on the tape. Parameters that are not to be trained are copied too, but their
/// gradients are not wanted.
public final class TrainedParameters: ParameterSource {
    /// In the order in which the model took them.
    public private(set) var all: [(name: String, tensor: Tensor)] = []
    public let tape: GradientTape
    private let source: any ParameterSource
    private let isTrained: (String) -> Bool

    public init(
        _ source: any ParameterSource, on tape: GradientTape,
        isTrained: @escaping (String) -> Bool = { _ in true }
    ) {
        self.source = source
        self.tape = tape
        self.isTrained = isTrained
    }

    public func parameter(_ key: String, shape: Shape) throws(CheckpointError) -> Parameter {
        let copy = tape.base.copied(try source.parameter(key, shape: shape).value)
        let tensor = isTrained(key) ? tape.watched(copy) : copy.seen(by: tape)
        all.append((key, tensor))
        return Parameter(name: key, value: tensor)
    }

    /// Those whose gradients are wanted.
    public var trained: [(name: String, tensor: Tensor)] { all.filter { isTrained($0.name) } }
}
