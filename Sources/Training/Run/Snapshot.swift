import Foundation
import Tensors

/// All that a run needs to go on as if nothing had happened, as one safetensors file that is there whole or not at all.
///
/// Chance is a function of the seed and the step, so there is no state of it.
enum Snapshot {
    static func write(
        step: Int, processes: Int, optimiser: Optimizer, average: ExponentialMovingAverage, to path: String
    ) throws(TrainingError) {
        var tensors: [(name: String, tensor: Tensor)] = []
        for slot in optimiser.slots {
            tensors.append(("parameter/\(slot.name)", slot.parameter))
            tensors.append(("first/\(slot.name)", slot.firstMoment))
            if let second = slot.secondMoment { tensors.append(("second/\(slot.name)", second)) }
        }
        tensors += average.averages.map { ("average/\($0.name)", $0.tensor) }
        let metadata = [
            "step": "\(step)", "updates": "\(optimiser.stepCount)", "processes": "\(processes)",
        ]
        do { try SafetensorsWriter.write(tensors, metadata: metadata, to: path) } catch {
            throw .unwritable(path: path, reason: error.description)
        }
    }

    /// Fills parameters, moments and averages.
    /// - Parameter processes: how many train; what a step learns from depends on it.
    /// - Returns: steps done.
    static func read(
        _ path: String, processes: Int, optimiser: Optimizer, average: ExponentialMovingAverage,
        on tape: GradientTape
    )
        throws(TrainingError) -> Int
    {
        func damaged(_ reason: String) -> TrainingError { .damagedSnapshot(file: path, reason: reason) }
        let file: SafetensorsFile
        do { file = try SafetensorsFile(path: path) } catch { throw damaged(error.description) }
        guard let step = file.metadata["step"].flatMap({ Int($0) }),
            let updates = file.metadata["updates"].flatMap({ Int($0) })
        else { throw damaged("it does not say of which step it is") }
        let others = file.metadata["processes"].flatMap { Int($0) } ?? 1
        guard others == processes else {
            throw .otherProcesses(
                folder: URL(fileURLWithPath: path).deletingLastPathComponent().deletingLastPathComponent()
                    .path,
                count: others)
        }
        func fill(_ tensor: Tensor, _ name: String) throws(TrainingError) {
            let stored: Tensor
            do { stored = try file.tensor(name, on: tape.base) } catch { throw damaged(error.description) }
            guard stored.shape == tensor.shape, stored.elementType == .float32 else {
                throw damaged("'\(name)' is \(stored.shape) instead of \(tensor.shape)")
            }
            tensor.rawPointer.copyMemory(from: stored.rawPointer, byteCount: 4 * tensor.count)
        }
        let moments = optimiser.slots.reduce(0) { $0 + ($1.secondMoment == nil ? 2 : 3) }
        guard file.names.count == moments + average.averages.count else {
            throw damaged("it is of another model")
        }
        for slot in optimiser.slots {
            try fill(slot.parameter, "parameter/\(slot.name)")
            try fill(slot.firstMoment, "first/\(slot.name)")
            if let second = slot.secondMoment { try fill(second, "second/\(slot.name)") }
        }
        for (name, tensor) in average.averages { try fill(tensor, "average/\(name)") }
        optimiser.stepCount = updates
        tape.parametersChanged()
        return step
    }
}
