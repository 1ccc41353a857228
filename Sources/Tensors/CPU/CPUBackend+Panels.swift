import CKernels

/// Products and convolutions by own kernels in float32, of weights in panels of 16 outputs.
///
/// They serve two ends: weights in bfloat16 or 8 bits where the processor multiplies neither, a half or a quarter of the memory at
/// float32's speed with only the weights rounded; and float32 with AVX2, where those of oneDNN 2.6 are slower.
extension CPUBackend {
    /// Whether a parameter is kept in a precision that is not multiplied in.
    func isNarrow(_ weight: Parameter) -> Bool {
        configuration.keepsNarrow(bearing: weight.coarsest)
    }

    /// Whether products with a parameter read panels.
    func usesPanels(_ weight: Parameter) -> Bool {
        isNarrow(weight)
            || configuration.instructionSet == .avx2 && precision(of: weight) == .float32
    }

    func panelLinear(_ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?) -> Tensor {
        let depth = weight.shape[1]
        let rows = x.count / depth
        let out = Tensor(uninitialized: x.shape.replacingLast(with: weight.shape[0]), on: self)
        let shape = ck_convolution(
            images: 1, height: 1, width: rows, channels: depth, outputs: weight.shape[0], kernel: 1,
            stride: 1, padding: 0, out_height: 1, out_width: rows)
        convolve(x, weight: weight, bias: bias, residual: residual, shape, into: out)
        return out
    }

    func panelConvolution(
        _ x: Tensor, weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry, residual: Tensor?
    ) -> Tensor {
        let (height, width) = (geometry.outputExtent(x.shape[1]), geometry.outputExtent(x.shape[2]))
        let out = Tensor(uninitialized: [x.shape[0], height, width, weight.shape[0]], on: self)
        let shape = ck_convolution(
            images: x.shape[0], height: x.shape[1], width: x.shape[2], channels: x.shape[3],
            outputs: weight.shape[0], kernel: geometry.kernel, stride: geometry.stride,
            padding: geometry.paddingBefore, out_height: height, out_width: width)
        convolve(x, weight: weight, bias: bias, residual: residual, shape, into: out)
        return out
    }

    private func convolve(
        _ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?, _ shape: ck_convolution,
        into out: Tensor
    ) {
        var shape = shape
        let packed = panelWeights(weight, &shape)
        withExtendedLifetime(packed) {
            ck_convolve(
                &context, out.baseAddress, &shape, x.baseAddress, packed.values.pointer, packed.type,
                packed.scales?.baseAddress, bias.map { float32($0).baseAddress }, residual?.baseAddress)
        }
    }

    /// A parameter in panels, kept with it and, where packed weights are, on the disk.
    private func panelWeights(_ weight: Parameter, _ shape: inout ck_convolution) -> PanelWeights {
        let outputs = weight.shape[0]
        let precision = precision(of: weight)
        let areBytes = precision == .int8
        let type = areBytes ? CK_BYTES : precision == .bfloat16 ? CK_BFLOATS : CK_FLOATS
        if let kept = weight.packed as? PanelWeights, kept.type == type { return kept }
        weight.packed = nil
        let count = ck_convolve_packed_count(&shape)
        // Bytes have their scales behind them.
        let scalesAt = (count + 63) / 64 * 64
        let byteCount =
            areBytes
            ? scalesAt + outputs * ElementType.float32.size
            : count * (type == CK_FLOATS ? ElementType.float32 : .bfloat16).size
        let storage = storage(
            of: weight, layout: "\(precision.rawValue) in panels of 16", byteCount: byteCount
        ) { pointer in
            if areBytes {
                let quantised = quantised(converted(weight), groups: outputs)
                ck_convolve_pack(&context, pointer, type, &shape, quantised.pointer)
                (pointer + scalesAt).copyMemory(
                    from: quantised.scales.rawPointer, byteCount: outputs * ElementType.float32.size)
            } else {
                ck_convolve_pack(&context, pointer, type, &shape, converted(weight).rawPointer)
            }
        }
        let scales =
            areBytes
            ? Tensor(shape: [outputs], storage: storage, byteOffset: scalesAt, backend: self) : nil
        let packed = PanelWeights(values: storage, type: type, scales: scales)
        weight.packed = packed
        weight.discardPages()
        return packed
    }

    /// To be raised when own forms of weights come out otherwise. Each instruction set rounds in its own way.
    private var layouts: String { "own 1, \(configuration.instructionSet.rawValue)," }

    /// What `make` writes, or what it wrote before and the disk kept.
    func storage(
        of weight: Parameter, layout: String, byteCount: Int, make: (UnsafeMutableRawPointer) -> Void
    ) -> Storage {
        let key = PackedWeightStore.Key(weight, layout: "\(layouts) \(layout)")
        if let key, let kept = packedWeights?.load(key, byteCount: byteCount, context: context) {
            return kept
        }
        let made = allocate(byteCount: byteCount)
        make(made.pointer)
        let bytes = UnsafeRawBufferPointer(start: made.pointer, count: byteCount)
        return key.flatMap { packedWeights?.keep(bytes, for: $0, context: context) } ?? made
    }
}

/// A parameter in panels.
private final class PanelWeights {
    let values: Storage
    let type: ck_weights
    /// `[outputs]`, of bytes.
    let scales: Tensor?

    init(values: Storage, type: ck_weights, scales: Tensor?) {
        self.values = values
        self.type = type
        self.scales = scales
    }
}
