import CKernels

/// Products and convolutions by own kernels, of weights in panels of 16 outputs.
///
/// They serve three ends: reduced precisions where the processor has none of them, by products of 16-bit integers, which every
/// processor has, and faster than those of float32; float32 with AVX2, where those of oneDNN 2.6 are slower; and bytes with AVX-512
/// VNNI, of which oneDNN leaves the sums to be scaled afterwards.
extension CPUBackend {
    /// Whether a parameter is kept in 16 or 8 bits and multiplied as integers of 16.
    func isNarrow(_ weight: Parameter) -> Bool {
        configuration.keepsNarrow(bearing: weight.coarsest)
    }

    /// Whether products with a parameter read panels.
    func usesPanels(_ weight: Parameter) -> Bool {
        if isNarrow(weight) { return true }
        return switch precision(of: weight) {
        case .float32: configuration.instructionSet == .avx2
        case .bfloat16: false
        case .int8: multipliesBytes
        }
    }

    public func linearGEGLU(_ x: Tensor, weight: Parameter, bias: Parameter?) -> Tensor {
        // Values and their gates must be in panels of their own.
        guard usesPanels(weight), weight.shape[0].isMultiple(of: 32) else {
            return geglu(linear(x, weight: weight, bias: bias, residual: nil))
        }
        return panelLinear(floats(x), weight: weight, bias: bias, residual: nil, gated: true)
    }

    /// - Parameter gated: whether it is GEGLU of the product that comes out.
    func panelLinear(
        _ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?, gated: Bool = false
    ) -> Tensor {
        let depth = weight.shape[1]
        let rows = x.count / depth
        let width = weight.shape[0] / (gated ? 2 : 1)
        let out = Tensor(uninitialized: x.shape.replacingLast(with: width), on: self)
        let shape = ck_convolution(
            images: 1, height: 1, width: rows, channels: depth, outputs: weight.shape[0], kernel: 1,
            stride: 1, padding: 0, out_height: 1, out_width: rows)
        convolve(x, weight: weight, bias: bias, residual: residual, gated: gated, shape, into: out)
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
        _ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?, gated: Bool = false,
        _ shape: ck_convolution, into out: Tensor
    ) {
        var shape = shape
        let packed = panelWeights(weight, &shape)
        let workspaceSize = ck_convolve_workspace(&shape, packed.type)
        let workspace = workspaceSize > 0 ? allocate(byteCount: workspaceSize) : nil
        withExtendedLifetime((packed, workspace)) {
            ck_convolve(
                &context, out.baseAddress, &shape, x.baseAddress, packed.values.pointer, packed.type,
                packed.scales?.baseAddress, bias.map { float32($0).baseAddress }, residual?.baseAddress,
                gated, workspace?.pointer)
        }
    }

    /// A parameter in panels, kept with it and, where packed weights are, on the disk.
    private func panelWeights(_ weight: Parameter, _ shape: inout ck_convolution) -> PanelWeights {
        let outputs = weight.shape[0]
        let type =
            switch precision(of: weight) {
            case .float32: CK_FLOATS
            case .bfloat16: CK_WORDS
            case .int8: multipliesBytes && ck_multiplies_bytes(&context, &shape) ? CK_QUADS : CK_BYTES
            }
        if let kept = weight.packed as? PanelWeights, kept.type == type { return kept }
        weight.packed = nil
        let bytes = ck_convolve_packed_count(&shape, type) * type.size
        // Integers have their scales behind them.
        let scalesAt = (bytes + 63) / 64 * 64
        let storage = storage(
            of: weight, layout: "\(type.size) bytes in panels of 16\(type == CK_QUADS ? " and of four" : "")",
            byteCount: type == CK_FLOATS ? bytes : scalesAt + outputs * ElementType.float32.size
        ) { pointer in
            if type == CK_FLOATS {
                ck_convolve_pack(&context, pointer, type, &shape, converted(weight).rawPointer)
                return
            }
            let quantised = quantised(
                converted(weight), groups: outputs,
                bound: type == CK_WORDS ? Int32(CK_WORD_BOUND) : 127)
            ck_convolve_pack(&context, pointer, type, &shape, quantised.values.pointer)
            (pointer + scalesAt).copyMemory(
                from: quantised.scales.rawPointer, byteCount: outputs * ElementType.float32.size)
        }
        let scales =
            type == CK_FLOATS
            ? nil : Tensor(shape: [outputs], storage: storage, byteOffset: scalesAt, backend: self)
        let packed = PanelWeights(values: storage, type: type, scales: scales)
        weight.packed = packed
        weight.discardPages()
        return packed
    }

    /// To be raised when own forms of weights come out otherwise. Each instruction set rounds in its own way.
    private var layouts: String { "own 3, \(configuration.instructionSet.rawValue)," }

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
    /// `[outputs]`, of integers.
    let scales: Tensor?

    init(values: Storage, type: ck_weights, scales: Tensor?) {
        self.values = values
        self.type = type
        self.scales = scales
    }
}

extension ck_weights {
    /// Bytes of a number.
    var size: Int {
        switch self {
        case CK_FLOATS: 4
        case CK_BYTES, CK_QUADS: 1
        default: 2
        }
    }
}
