import Tensors

/// AdamW over named parameters, with the gradients' global norm clipped.
public final class AdamW {
    public struct Settings: Sendable, Equatable {
        public var beta1: Float = 0.9
        public var beta2: Float = 0.999
        public var epsilon: Float = 1e-8
        public var weightDecay: Float = 0.01
        /// Gradients of a larger global norm are scaled down to it; infinite: never.
        public var maximumNorm: Double = 1

        public init() {}
    }

    /// What belongs to one parameter.
    public struct Slot {
        public let name: String
        public let parameter: Tensor
        public let firstMoment, secondMoment: Tensor
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
            Slot(
                name: name, parameter: tensor, firstMoment: Tensor(zeros: tensor.shape, on: tape.base),
                secondMoment: Tensor(zeros: tensor.shape, on: tape.base))
        }
    }

    /// The gradients' global norm; not finite if any of them is not.
    public func gradientNorm() -> Double {
        slots.reduce(0) { sum, slot in
            sum + (slot.parameter.gradient.map { tape.base.sumOfSquares($0) } ?? 0)
        }.squareRoot()
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
        for slot in slots {
            let gradient = slot.parameter.gradient ?? Tensor(zeros: slot.parameter.shape, on: tape.base)
            tape.base.takeStep(
                step, parameter: slot.parameter, gradient: gradient, firstMoment: slot.firstMoment,
                secondMoment: slot.secondMoment)
        }
        clearGradients()
        tape.parametersChanged()
    }

    /// Forgets the gradients.
    public func clearGradients() {
        for slot in slots { slot.parameter.clearGradient() }
    }
}
