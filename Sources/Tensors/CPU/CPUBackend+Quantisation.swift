import CKernels

/// Products of 8-bit integers by oneDNN, or to be seen where the processor has none: each row of what comes in, or each image of a convolution, and each output channel of the
/// weights has its scale, which makes its largest magnitude 127. The sums are integers; a last pass scales them and adds what
/// is to be added. Where the processor has no such products, and products of 16 bits do not stand in for them
/// (`CPUConfiguration.narrows`), the integers are multiplied as float32 numbers: the same sums but for what float32 rounds of very
/// large ones, and nothing gained but that they can be seen on any machine.
extension CPUBackend {
    /// Integers, and what they are to be multiplied by.
    struct Quantised {
        let values: Storage
        /// One for each group.
        let scales: Tensor
        let count: Int

        /// Those of 8 bits.
        var pointer: UnsafeMutablePointer<Int8> { values.pointer.assumingMemoryBound(to: Int8.self) }
    }

    func quantisedLinear(_ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?) -> Tensor {
        let rows = x.count / weight.shape[1]
        let quantised = quantised(x, groups: rows)
        var sums: Tensor?
        #if canImport(COneDNN)
            if configuration.supports(.int8) {
                sums = oneDNN?.integerLinear(quantised, shape: x.shape, weight: weight, backend: self)
            }
        #endif
        let out =
            sums ?? linear(widened(quantised, as: x.shape), weight: widened(weight), bias: nil, residual: nil)
        rescale(
            out, areIntegers: sums != nil, quantised.scales, weight: weight, bias: bias, residual: residual)
        return out
    }

    func quantisedConvolution(
        _ x: Tensor, weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry,
        residual: Tensor?, activation: Activation?
    ) -> Tensor {
        let quantised = quantised(x, groups: x.shape[0])
        var sums: Tensor?
        #if canImport(COneDNN)
            if configuration.supports(.int8) {
                sums = oneDNN?.integerConvolution(
                    quantised, shape: x.shape, weight: weight, geometry: geometry, backend: self)
            }
        #endif
        let out =
            sums
            ?? directConvolution(
                widened(quantised, as: x.shape), weight: widened(weight), bias: nil, geometry: geometry,
                residual: nil, activation: nil)
        rescale(
            out, areIntegers: sums != nil, quantised.scales, weight: weight, bias: bias, residual: residual)
        if let activation { activate(out, activation, into: out) }
        return out
    }

    /// A tensor's numbers as integers of -bound...bound, a scale for each of `groups` equal parts: of 8 bits, or of 16 where
    /// those do not hold the bound.
    func quantised(_ x: Tensor, groups: Int, bound: Int32 = 127) -> Quantised {
        let x = floats(x)
        let size = bound > 127 ? MemoryLayout<Int16>.size : MemoryLayout<Int8>.size
        let made = Quantised(
            values: allocate(byteCount: x.count * size),
            scales: Tensor(uninitialized: [groups], on: self), count: x.count)
        ck_quantise(
            &context, made.values.pointer, bound, 0, made.scales.baseAddress, x.baseAddress, groups,
            x.count / groups)
        return made
    }

    /// A parameter's integers, by output channel; nobody keeps them but what is made of them.
    func quantised(_ weight: Parameter) -> Quantised {
        let made = quantised(converted(weight), groups: weight.shape[0])
        if weight.prepared["int8 scales"] == nil { keep(scales: made.scales, of: weight) }
        return made
    }

    /// Keeps a parameter's scales, which were computed before.
    func keep(scales: Tensor, of weight: Parameter) {
        weight.prepared["int8 scales"] = PreparedTensor(scales)
    }

    /// The scales of a parameter's output channels, kept with it.
    func scales(of weight: Parameter) -> Tensor {
        if let kept = weight.prepared["int8 scales"] as? PreparedTensor { return kept.tensor }
        return quantised(weight).scales
    }

    /// `sums [..., C]` times their scales, in place, `+ bias + residual`.
    private func rescale(
        _ sums: Tensor, areIntegers: Bool, _ scales: Tensor, weight: Parameter, bias: Parameter?,
        residual: Tensor?
    ) {
        let columns = weight.shape[0]
        let rows = sums.count / columns
        ck_rescale(
            &context, sums.baseAddress, sums.rawPointer, areIntegers, rows, columns, scales.baseAddress,
            rows / scales.count, self.scales(of: weight).baseAddress, bias.map { float32($0).baseAddress },
            residual?.baseAddress)
    }

    /// Integers as float32 numbers.
    private func widened(_ quantised: Quantised, as shape: Shape) -> Tensor {
        let out = Tensor(uninitialized: shape, on: self)
        ck_float_from_int8(&context, out.baseAddress, quantised.pointer, quantised.count)
        return out
    }

    /// A parameter of such numbers, kept with the one that it was made of.
    private func widened(_ weight: Parameter) -> Parameter {
        let slot = "int8 widened"
        if let kept = weight.prepared[slot] as? Parameter { return kept }
        let made = Parameter(
            name: weight.name, value: widened(quantised(weight), as: weight.shape), coarsest: .float32)
        weight.prepared[slot] = made
        return made
    }
}
