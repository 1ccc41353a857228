import CKernels

/// What training does with parameters and gradients once they are there.
extension CPUBackend {
    /// A float32 copy of any tensor, in memory of its own.
    public func copied(_ tensor: Tensor) -> Tensor {
        let out = Tensor(uninitialized: tensor.shape, on: self)
        convert(tensor, into: out)
        return out
    }

    /// The sum of the squares of a float32 tensor's elements; the same whatever the number of threads.
    public func sumOfSquares(_ x: Tensor) -> Double {
        let workspace = allocate(byteCount: 8 * ck_squares_workspace(x.count))
        return withExtendedLifetime(workspace) {
            ck_squared_error(
                &context, nil, 1, x.baseAddress, nil, nil, .infinity, x.count,
                workspace.pointer.assumingMemoryBound(to: Double.self))
        }
    }

    /// `target = keeping * target + (1 - keeping) * x`, in place.
    public func blend(_ x: Tensor, into target: Tensor, keeping: Float) {
        precondition(x.shape == target.shape, "\(x.shape) into \(target.shape)")
        let terms: [UnsafePointer<Float>?] = [
            UnsafePointer(target.baseAddress), UnsafePointer(x.baseAddress),
        ]
        ck_combine(&context, target.baseAddress, target.count, 2, [keeping, 1 - keeping], terms)
    }

    /// One step of AdamW for one parameter, in place. All tensors are float32 of one shape.
    public func takeStep(
        _ step: AdamWStep, parameter: Tensor, gradient: Tensor, firstMoment: Tensor, secondMoment: Tensor
    ) {
        for tensor in [gradient, firstMoment, secondMoment] {
            precondition(tensor.shape == parameter.shape, "\(tensor.shape) for \(parameter.shape)")
        }
        var numbers = ck_adamw_step(
            rate: step.rate, beta1: step.beta1, beta2: step.beta2, epsilon: step.epsilon, decay: step.decay,
            correction1: step.correction1, root_correction2: step.rootCorrection2,
            gradient_scale: step.gradientScale)
        ck_adamw(
            &context, parameter.baseAddress, firstMoment.baseAddress, secondMoment.baseAddress,
            gradient.baseAddress, parameter.count, &numbers)
    }
}

/// The numbers of one step of AdamW (Loshchilov and Hutter, arXiv 1711.05101).
public struct AdamWStep: Sendable {
    /// Learning rate.
    public var rate: Float
    public var beta1: Float
    public var beta2: Float
    public var epsilon: Float
    /// Weight decay, times the rate.
    public var decay: Float
    /// What gradients are multiplied with before anything else.
    public var gradientScale: Float
    let correction1: Float
    let rootCorrection2: Float

    /// - Parameter number: of this step, counted from 1; moments are corrected for it.
    public init(
        number: Int, rate: Float, beta1: Float, beta2: Float, epsilon: Float, decay: Float,
        gradientScale: Float
    ) {
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.decay = decay
        self.gradientScale = gradientScale
        correction1 = Float(1 - Self.power(beta1, number))
        rootCorrection2 = Float((1 - Self.power(beta2, number)).squareRoot())
    }

    private static func power(_ base: Float, _ exponent: Int) -> Double {
        var (result, factor, rest) = (1.0, Double(base), exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }
}
