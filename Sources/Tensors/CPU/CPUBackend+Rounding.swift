import CKernels

/// Products in bfloat16: which are, and what they come to where the processor has none. Their factors are then rounded here and
/// multiplied in float32: the same numbers, and nothing gained but that they can be seen on any machine.
extension CPUBackend {
    /// Whether products with this parameter, and their gradients, are in bfloat16.
    func isReduced(_ weight: Parameter) -> Bool {
        configuration.precision == .bfloat16 && !weight.needsFullPrecision
    }

    /// Whether they are so by rounding their factors here.
    func isRounded(_ weight: Parameter) -> Bool {
        isReduced(weight) && !configuration.supports(.bfloat16)
    }

    /// A float32 tensor of numbers that bfloat16 has.
    func roundedValues(_ x: Tensor) -> Tensor {
        let out = Tensor(uninitialized: x.shape, on: self)
        convert(rounded(x), into: out)
        return out
    }

    /// A parameter of such numbers, kept with the one that it was made of.
    func roundedValues(_ weight: Parameter) -> Parameter {
        let slot = "rounded"
        if let kept = weight.prepared[slot] as? Parameter { return kept }
        let made = Parameter(
            name: weight.name, value: roundedValues(converted(weight)), needsFullPrecision: true)
        weight.prepared[slot] = made
        return made
    }
}
