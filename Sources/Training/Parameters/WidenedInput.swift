import JointDiffusion
import Tensors

/// A checkpoint's parameters, with more input channels than the checkpoint has: weights of new channels are zero, so
/// that before the first step the model gives what the checkpoint gave, whatever the new channels hold.
public final class WidenedInput: ParameterSource {
    private let checkpoint: ComponentCheckpoint
    private let backend: any Backend

    public init(_ checkpoint: ComponentCheckpoint, on backend: any Backend) {
        self.checkpoint = checkpoint
        self.backend = backend
    }

    public func parameter(_ key: String, shape: Shape) throws(CheckpointError) -> Parameter {
        guard key == "conv_in.weight", let stored = checkpoint.storedShape(of: key), stored.rank == 4,
            shape.rank == 4, stored[1] < shape[1],
            stored.dimensions.dropFirst(2) == shape.dimensions.dropFirst(2), stored[0] == shape[0]
        else { return try checkpoint.parameter(key, shape: shape) }
        let narrow = CPUBackend().copied(try checkpoint.parameter(key, shape: stored).value)
        let wide = Tensor(zeros: shape, on: backend)
        let (from, to) = (stored.count / stored[0], shape.count / shape[0])
        for output in 0..<shape[0] {
            for index in 0..<from { wide.floats[output * to + index] = narrow.floats[output * from + index] }
        }
        return Parameter(name: key, value: wide)
    }
}
