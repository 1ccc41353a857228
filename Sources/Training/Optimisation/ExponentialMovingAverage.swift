import Foundation
import Tensors

/// A slowly following copy of the parameters, which gives better pictures than they do themselves.
public final class ExponentialMovingAverage {
    /// How much of the average stays at each step, once it is warm.
    public let decay: Double
    public let averages: [(name: String, tensor: Tensor)]
    private let parameters: [Tensor]
    private let backend: CPUBackend

    public init(of parameters: [(name: String, tensor: Tensor)], decay: Double, on backend: CPUBackend) {
        self.decay = decay
        self.backend = backend
        self.parameters = parameters.map(\.tensor)
        averages = parameters.map { ($0.name, backend.copied($0.tensor)) }
    }

    /// Takes over the first process's averages.
    func follow(_ group: ProcessGroup) throws(TrainingError) {
        guard group.size > 1 else { return }
        for (_, average) in averages { try group.broadcast(UnsafeMutableRawBufferPointer(average.floats)) }
    }

    /// Follows the parameters after step `number`, counted from 1. Early on it follows faster, since what it began with
    /// counts for nothing: `min(decay, (1 + number) / (10 + number))`.
    public func follow(step number: Int) {
        let keeping = Float(min(decay, Double(1 + number) / Double(10 + number)))
        for ((_, average), parameter) in zip(averages, parameters) {
            backend.blend(parameter, into: average, keeping: keeping)
        }
    }
}
