import CKernels

/// Products in bfloat16: which are, and what they come to where the processor has none and no integers stand in for it
/// (`CPUConfiguration.narrows`). Their factors are then rounded here and multiplied in float32: the same numbers, and nothing gained
/// but that they can be seen on any machine.
extension CPUBackend {
    /// What products with this parameter, and their gradients, are computed in.
    func precision(of weight: Parameter) -> Precision {
        configuration.precision(bearing: weight.coarsest)
    }

    /// Whether products with this parameter, and their gradients, are in bfloat16.
    func isReduced(_ weight: Parameter) -> Bool { precision(of: weight) == .bfloat16 && !isNarrow(weight) }

    /// What an operation gives out that products alone read: they would round it anyway, and half the memory is moved.
    var factorType: ElementType {
        configuration.precision == .bfloat16 && !narrowsAll ? .bfloat16 : .float32
    }

    /// Whether the backend's precision is one that the processor lacks and 16-bit integers stand in for.
    private var narrowsAll: Bool { configuration.keepsNarrow(bearing: .int8) }

    /// The same of a norm with that parameter; what reads it is no finer.
    func factorType(_ parameter: Parameter) -> ElementType { isReduced(parameter) ? .bfloat16 : .float32 }

    /// A factor as a product with `weight` takes it: rounded ones only where they would be rounded.
    func factor(_ x: Tensor, of weight: Parameter) -> Tensor { isReduced(weight) ? x : floats(x) }

    /// Whether products with this parameter are in bfloat16 by rounding their factors here.
    func isRounded(_ weight: Parameter) -> Bool {
        isReduced(weight) && !configuration.supports(.bfloat16)
    }

    /// A float32 tensor of numbers that bfloat16 has.
    func roundedValues(_ x: Tensor) -> Tensor {
        floats(rounded(x))
    }

    /// A parameter of such numbers, kept with the one that it was made of.
    func roundedValues(_ weight: Parameter) -> Parameter {
        let slot = "rounded"
        if let kept = weight.prepared[slot] as? Parameter { return kept }
        let made = Parameter(
            name: weight.name, value: roundedValues(converted(weight)), coarsest: .float32)
        weight.prepared[slot] = made
        return made
    }
}
