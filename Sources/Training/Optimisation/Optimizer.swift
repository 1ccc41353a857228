import Tensors

/// AdamW over named parameters, or Muon for the matrices among them; the gradients' global norm is clipped.
///
/// Muon (Jordan et al. 2024) follows a momentum whose directions count all alike: small matrices learn in fewer steps. Its
/// steps are as large as AdamW's in the mean (Liu et al., arXiv 2502.16982), so that one rate serves both. Embeddings,
/// norms and biases are AdamW's always.
public final class Optimizer {
    public enum Method: String, Sendable, CaseIterable {
        case adamW = "adamw"
        case muon
    }

    public struct Settings: Sendable, Equatable {
        public var method = Method.adamW
        public var beta1: Float = 0.9
        public var beta2: Float = 0.999
        public var epsilon: Float = 1e-8
        public var weightDecay: Float = 0.01
        /// Of Muon's matrices.
        public var momentum: Float = 0.95
        /// Gradients of a larger global norm are scaled down to it; infinite: never.
        public var maximumNorm: Double = 1

        public init() {}
    }

    /// What belongs to one parameter.
    public struct Slot {
        public let name: String
        public let parameter: Tensor
        public let firstMoment: Tensor
        /// Nil where Muon moves the parameter.
        public let secondMoment: Tensor?
    }

    public let settings: Settings
    public let slots: [Slot]
    /// Steps taken.
    public var stepCount = 0
    private let tape: GradientTape

    public init(_ parameters: [(name: String, tensor: Tensor)], settings: Settings, on tape: GradientTape) {
        self.settings = settings
        self.tape = tape
        slots = parameters.map { name, tensor in
            let isMuons =
                settings.method == .muon && tensor.shape.rank > 1 && !name.contains("embeddings.")
            return Slot(
                name: name, parameter: tensor, firstMoment: Tensor(zeros: tensor.shape, on: tape.base),
                secondMoment: isMuons ? nil : Tensor(zeros: tensor.shape, on: tape.base))
        }
    }

    /// The gradients' global norm; not finite if any of them is not.
    public func gradientNorm() -> Double {
        slots.reduce(0) { sum, slot in
            sum + (slot.parameter.gradient.map { tape.base.sumOfSquares($0) } ?? 0)
        }.squareRoot()
    }

    /// Weights that hardly any gradient has reached for long, beside the others: layers that learn nothing any more.
    public func idleWeights() -> [String] {
        let sizes = slots.filter { $0.parameter.shape.rank > 1 }.map { slot in
            let sum = tape.base.sumOfSquares(slot.firstMoment)
            return (name: slot.name, size: (sum / Double(slot.firstMoment.count)).squareRoot())
        }
        let middle = sizes.map(\.size).sorted().dropFirst(sizes.count / 2).first ?? 0
        return sizes.filter { $0.size < 1e-5 * middle }.map(\.name)
    }

    /// One step with the gradients that were added up, which are then forgotten.
    /// - Parameters:
    ///   - rate: learning rate.
    ///   - norm: what `gradientNorm` gave.
    public func step(rate: Float, norm: Double) {
        stepCount += 1
        // As PyTorch's clip_grad_norm_ has it.
        let scale = min(1, settings.maximumNorm / (norm + 1e-6))
        let step = AdamWStep(
            number: stepCount, rate: rate, beta1: settings.beta1, beta2: settings.beta2,
            epsilon: settings.epsilon, decay: settings.weightDecay, gradientScale: Float(scale))
        let muon = MuonStep(
            rate: rate, momentum: settings.momentum, decay: settings.weightDecay, gradientScale: Float(scale))
        for slot in slots {
            let gradient = slot.parameter.gradient ?? Tensor(zeros: slot.parameter.shape, on: tape.base)
            if let secondMoment = slot.secondMoment {
                tape.base.takeStep(
                    step, parameter: slot.parameter, gradient: gradient, firstMoment: slot.firstMoment,
                    secondMoment: secondMoment)
            } else {
                tape.base.takeStep(
                    muon, parameter: slot.parameter, gradient: gradient, momentum: slot.firstMoment)
            }
        }
        clearGradients()
        tape.parametersChanged()
    }

    /// Puts the sums over a group's processes in the place of the gradients.
    func sumGradients(over group: ProcessGroup) throws(TrainingError) {
        guard group.size > 1 else { return }
        for slot in slots {
            guard let gradient = slot.parameter.gradientOrZeros(on: tape.base) else { continue }
            try group.sum(gradient.floats)
        }
    }

    /// Takes over the first process's parameters and moments.
    func follow(_ group: ProcessGroup) throws(TrainingError) {
        guard group.size > 1 else { return }
        stepCount = try group.broadcast(stepCount)
        for slot in slots {
            for tensor in [slot.parameter, slot.firstMoment, slot.secondMoment].compactMap(\.self) {
                try group.broadcast(UnsafeMutableRawBufferPointer(tensor.floats))
            }
        }
        tape.parametersChanged()
    }

    /// Forgets the gradients.
    public func clearGradients() {
        for slot in slots { slot.parameter.clearGradient() }
    }
}
