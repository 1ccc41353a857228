import CKernels

/// The processor: own kernels, products and convolutions by oneDNN or OpenBLAS, one bounded thread pool.
///
/// All threads are libgomp's: the kernels and oneDNN share its pool, and OpenBLAS is called single-threaded
/// from it, so that no two pools fight for the cores. A backend belongs to the thread that uses it.
public final class CPUBackend: Backend {
    public let configuration: CPUConfiguration
    let pool = MemoryPool()
    var context: ck_context
    /// As the configuration has it, which asks the system.
    private let attentionFactors, attentionFactorsOfMany: ck_weights
    let multipliesBytes: Bool
    // Products and convolutions; nil where oneDNN lacks or is masked.
    #if canImport(COneDNN)
        let oneDNN: OneDNNEngine?
    #endif

    /// Where packed weights are kept; nil: in memory only.
    let packedWeights: PackedWeightStore?

    public var imagesPerPass = 1

    private let pulse: Pulse?

    /// - Parameters:
    ///   - packedWeights: where packed weights are kept from start to start.
    ///   - pulse: grows with every operation.
    public init(
        _ configuration: CPUConfiguration = CPUConfiguration(), packedWeights: PackedWeightStore? = nil,
        pulse: Pulse? = nil
    ) {
        self.configuration = configuration
        self.packedWeights = packedWeights
        self.pulse = pulse
        context = configuration.kernelContext
        attentionFactors = configuration.attentionFactors
        attentionFactorsOfMany = configuration.attentionFactorsOfMany
        multipliesBytes = configuration.multipliesBytes
        #if canImport(COneDNN)
            oneDNN = configuration.usesOneDNN ? OneDNNEngine(threads: configuration.threads) : nil
        #endif
        OpenBLAS.becomeSingleThreaded()
    }

    public func allocate(byteCount: Int) -> Storage {
        // Every operation takes memory for what it makes.
        pulse?.beat()
        return pool.allocate(byteCount: byteCount)
    }

    public func trim() { pool.trim() }

    /// Whether so many bytes of packed weights are kept on the disk, and in memory only while they are used.
    public func keepsOnDisk(_ byteCount: Int) -> Bool {
        guard let packedWeights, Int64(byteCount) <= packedWeights.budget else { return false }
        #if canImport(COneDNN)
            if oneDNN != nil { return true }
        #endif
        return configuration.instructionSet == .avx2
    }

    public func discardWeights() { packedWeights?.discardPages() }

    /// Bytes that are held for reuse.
    public var idleByteCount: Int { pool.idleByteCount }

    // MARK: Products and convolutions

    public func linear(_ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?) -> Tensor {
        if usesPanels(weight) {
            return panelLinear(floats(x), weight: weight, bias: bias, residual: residual)
        }
        if precision(of: weight) == .int8 {
            return quantisedLinear(x, weight: weight, bias: bias, residual: residual)
        }
        let x = factor(x, of: weight)
        if isRounded(weight) {
            return linear(roundedValues(x), weight: roundedValues(weight), bias: bias, residual: residual)
        }
        let out = Tensor(uninitialized: x.shape.replacingLast(with: weight.shape[0]), on: self)
        #if canImport(COneDNN)
            if let oneDNN,
                oneDNN.linear(x, weight: weight, bias: bias, residual: residual, into: out, backend: self)
            {
                return out
            }
        #endif
        blasLinear(floats(x), weight: weight, bias: bias, residual: residual, into: out)
        return out
    }

    public func convolution(
        _ x: Tensor, weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry,
        residual: Tensor?, activation: Activation?
    ) -> Tensor {
        let out: Tensor
        if let tile = winogradTile(x, weight: weight, geometry: geometry) {
            out = winogradConvolution(
                x, weight: weight, bias: bias, residual: residual, tile: tile.side, tile.factors)
        } else if usesPanels(weight) {
            out = panelConvolution(
                floats(x), weight: weight, bias: bias, geometry: geometry, residual: residual)
        } else if precision(of: weight) == .int8 {
            return quantisedConvolution(
                x, weight: weight, bias: bias, geometry: geometry, residual: residual, activation: activation)
        } else {
            return directConvolution(
                x, weight: weight, bias: bias, geometry: geometry, residual: residual, activation: activation)
        }
        if let activation { activate(out, activation, into: out) }
        return out
    }

    /// The same by the definition's own multiplications: what integers need, and weights that soon change.
    func directConvolution(
        _ x: Tensor, weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry,
        residual: Tensor?, activation: Activation?
    ) -> Tensor {
        let x = factor(x, of: weight)
        if isRounded(weight) {
            return directConvolution(
                roundedValues(x), weight: roundedValues(weight), bias: bias, geometry: geometry,
                residual: residual, activation: activation)
        }
        let out = Tensor(
            uninitialized: [
                x.shape[0], geometry.outputExtent(x.shape[1]), geometry.outputExtent(x.shape[2]),
                weight.shape[0],
            ], on: self)
        #if canImport(COneDNN)
            if let oneDNN,
                oneDNN.convolution(
                    x, weight: weight, bias: bias, geometry: geometry, residual: residual,
                    activation: activation, into: out, backend: self)
            {
                return out
            }
        #endif
        blasConvolution(
            floats(x), weight: weight, bias: bias, geometry: geometry, residual: residual, into: out)
        if let activation { activate(out, activation, into: out) }
        return out
    }

    // MARK: Normalisation and attention

    public func groupNorm(
        _ x: Tensor, offset: Tensor?, groups: Int, weight: Parameter, bias: Parameter, epsilon: Float,
        activation: Activation?
    ) -> Tensor {
        groupNorm(
            x, offset: offset, groups: groups, weight: weight, bias: bias, epsilon: epsilon,
            activation: activation, as: factorType(weight))
    }

    /// - Parameter type: of what comes out, float32 or bfloat16.
    func groupNorm(
        _ x: Tensor, offset: Tensor?, groups: Int, weight: Parameter, bias: Parameter, epsilon: Float,
        activation: Activation?, as type: ElementType
    ) -> Tensor {
        let channels = x.shape[-1]
        let workspace = allocate(byteCount: 8 * ck_group_norm_workspace(channels))
        let fused: Activation? = activation == .silu || activation == .relu ? activation : nil
        let out = Tensor(uninitialized: x.shape, elementType: activation == fused ? type : .float32, on: self)
        withExtendedLifetime(workspace) {
            ck_group_norm(
                &context, out.rawPointer, out.elementType == .bfloat16, x.baseAddress, offset?.baseAddress,
                x.shape[0],
                x.count / (x.shape[0] * channels), channels, groups, float32(weight).baseAddress,
                float32(bias).baseAddress, epsilon, fused.kernelActivation,
                workspace.pointer.assumingMemoryBound(to: Double.self))
        }
        if let activation, fused == nil { activate(out, activation, into: out) }
        return out
    }

    public func layerNorm(_ x: Tensor, weight: Parameter, bias: Parameter, epsilon: Float) -> Tensor {
        layerNorm(x, weight: weight, bias: bias, epsilon: epsilon, as: factorType(weight))
    }

    /// - Parameter type: of what comes out, float32 or bfloat16.
    func layerNorm(_ x: Tensor, weight: Parameter, bias: Parameter, epsilon: Float, as type: ElementType)
        -> Tensor
    {
        let out = Tensor(uninitialized: x.shape, elementType: type, on: self)
        let width = x.shape[-1]
        ck_layer_norm(
            &context, out.rawPointer, type == .bfloat16, x.baseAddress, x.count / width, width,
            float32(weight).baseAddress,
            float32(bias).baseAddress, epsilon)
        return out
    }

    public func attention(
        _ queries: Tensor, keysValues: [[KeysValues]], heads: Int, isCausal: Bool, bearing coarsest: Precision
    ) -> Tensor {
        let sequences = AttentionSequences(keysValues)
        let longest = sequences.segments.map(\.tokens).max() ?? 0
        let many = coarsest == .int8 && longest >= CPUConfiguration.manyTokens
        return attention(
            queries, sequences: sequences, heads: heads, isCausal: isCausal,
            factors: isCausal ? CK_FLOATS : many ? attentionFactorsOfMany : attentionFactors, logSumExp: nil)
    }

    /// - Parameters:
    ///   - factors: what is multiplied; floats for causal attention.
    ///   - logSumExp: `[N, heads, T]`, if given, receives what the backward pass needs; only with floats.
    func attention(
        _ queries: Tensor, sequences: AttentionSequences, heads: Int, isCausal: Bool,
        factors: ck_weights = CK_FLOATS, logSumExp: Tensor?
    ) -> Tensor {
        let out = Tensor(
            uninitialized: queries.shape, elementType: factors == CK_BFLOATS ? factorType : .float32, on: self
        )
        let segments = sequences.segments
        let workspace = allocate(
            byteCount: ck_attention_workspace(
                &context, queries.shape[2], heads, segments, segments.count, isCausal, factors))
        withExtendedLifetime((workspace, sequences)) {
            ck_attention(
                &context, out.rawPointer, out.elementType == .bfloat16, queries.baseAddress, queries.shape[0],
                queries.shape[1], queries.shape[2], heads, segments, segments.count, sequences.first,
                sequences.members,
                isCausal, factors, logSumExp?.baseAddress, workspace.pointer)
        }
        return out
    }

    /// bfloat16 where attention rounds: a half of the memory, for what is then seen again and again.
    public func kept(_ keysValues: KeysValues) -> KeysValues {
        attentionFactors == CK_FLOATS
            ? keysValues
            : KeysValues(keys: rounded(keysValues.keys), values: rounded(keysValues.values))
    }

    public func attentionWeights(_ queries: Tensor, keysValues: [KeysValues], heads: Int) -> Tensor {
        let wide = keysValues.map { floats($0.keys) }
        // Values do not decide what counts.
        let segments = wide.map {
            ck_segment(
                keys: $0.baseAddress, values: $0.baseAddress, tokens: $0.shape[0], bfloat16: false)
        }
        let keys = keysValues.reduce(0) { $0 + $1.keys.shape[0] }
        let out = Tensor(uninitialized: [keys], on: self)
        let workspace = allocate(byteCount: 4 * ck_attention_weights_workspace(heads, keys))
        withExtendedLifetime((workspace, wide)) {
            ck_attention_weights(
                &context, out.baseAddress, queries.baseAddress, queries.shape[0], queries.shape[1], heads,
                segments, segments.count, workspace.pointer.assumingMemoryBound(to: Float.self))
        }
        return out
    }

    // MARK: Pointwise

    public func geglu(_ x: Tensor) -> Tensor { geglu(x, as: factorType) }

    /// - Parameter type: of what comes out, float32 or bfloat16.
    func geglu(_ x: Tensor, as type: ElementType) -> Tensor {
        let width = x.shape[-1] / 2
        let out = Tensor(uninitialized: x.shape.replacingLast(with: width), elementType: type, on: self)
        ck_geglu(&context, out.rawPointer, type == .bfloat16, x.baseAddress, x.count / (2 * width), width)
        return out
    }

    public func activate(_ x: Tensor, _ activation: Activation) -> Tensor {
        let out = Tensor(uninitialized: x.shape, on: self)
        activate(x, activation, into: out)
        return out
    }

    func activate(_ x: Tensor, _ activation: Activation, into out: Tensor) {
        ck_activate(
            &context, out.baseAddress, x.baseAddress, x.count, Optional(activation).kernelActivation)
    }

    public func linearCombination(_ terms: [(Float, Tensor)]) -> Tensor {
        let out = Tensor(uninitialized: terms[0].1.shape, on: self)
        ck_combine(
            &context, out.baseAddress, out.count, terms.count, terms.map(\.0),
            terms.map { UnsafePointer($0.1.baseAddress) })
        return out
    }

    public func weightedSquaredError(_ x: Tensor, target: Tensor, weights: Tensor?, huber: Float) -> Tensor {
        let sum = squaredError(x, target: target, weights: weights, huber: huber, gradient: nil, factor: 1)
        return Tensor([Float(sum)], shape: [], on: self)
    }

    public func crossEntropy(_ logits: Tensor, targets: Tensor) -> Tensor {
        let sum = crossEntropy(logits, targets: targets, gradient: nil, factor: 1)
        return Tensor([Float(sum)], shape: [], on: self)
    }

    // MARK: Layout

    public func upsampledNearest2x(_ x: Tensor, height: Int, width: Int) -> Tensor {
        let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let out = Tensor(uninitialized: [n, height, width, c], on: self)
        ck_upsample_2x(&context, out.baseAddress, x.baseAddress, n, h, w, c, height, width)
        return out
    }

    public func concatenateChannels(_ a: Tensor, _ b: Tensor) -> Tensor {
        let (p, q) = (a.shape[-1], b.shape[-1])
        let out = Tensor(uninitialized: a.shape.replacingLast(with: p + q), on: self)
        ck_concatenate(&context, out.baseAddress, a.baseAddress, p, b.baseAddress, q, a.count / p)
        return out
    }

    public func concatenateRows(_ tensors: [Tensor]) -> Tensor {
        let rows = tensors.reduce(0) { $0 + $1.shape[0] }
        let out = Tensor(
            uninitialized: Shape([rows] + tensors[0].shape.dimensions.dropFirst()), on: self)
        var row = 0
        for tensor in tensors {
            precondition(
                tensor.elementType == .float32, "elements are \(tensor.elementType.rawValue), not F32")
            out[rows: row..<row + tensor.shape[0]].rawPointer
                .copyMemory(from: tensor.rawPointer, byteCount: 4 * tensor.count)
            row += tensor.shape[0]
        }
        return out
    }

    public func gatherRows(_ table: Parameter, _ indices: [Int]) -> Tensor {
        let out = Tensor(uninitialized: [indices.count, table.shape[1]], on: self)
        for (row, index) in indices.enumerated() {
            convert(table.value[rows: index..<index + 1], into: out[rows: row..<row + 1])
        }
        return out
    }

    public func transposed(_ x: Tensor) -> Tensor {
        let out = Tensor(uninitialized: [x.shape[0], x.shape[2], x.shape[1]], on: self)
        ck_transpose(&context, out.baseAddress, x.baseAddress, x.shape[0], x.shape[1], x.shape[2])
        return out
    }

    // MARK: Precision

    /// Any element type to float32.
    func convert(_ x: Tensor, into out: Tensor) {
        switch x.elementType {
        case .float32:
            out.rawPointer.copyMemory(from: x.rawPointer, byteCount: 4 * x.count)
        case .float16:
            ck_float_from_half(
                &context, out.baseAddress, x.rawPointer.assumingMemoryBound(to: UInt16.self), x.count)
        case .bfloat16:
            ck_float_from_bfloat(
                &context, out.baseAddress, x.rawPointer.assumingMemoryBound(to: UInt16.self), x.count)
        }
    }

    /// A tensor's numbers as float32: the tensor itself where they already are.
    func floats(_ x: Tensor) -> Tensor {
        if x.elementType == .float32 { return x }
        let copy = Tensor(uninitialized: x.shape, on: self)
        convert(x, into: copy)
        return copy
    }

    /// A float32 tensor rounded to bfloat16.
    func rounded(_ x: Tensor) -> Tensor {
        if x.elementType == .bfloat16 { return x }
        let out = Tensor(uninitialized: x.shape, elementType: .bfloat16, on: self)
        ck_bfloat_from_float(
            &context, out.rawPointer.assumingMemoryBound(to: UInt16.self), x.baseAddress, x.count)
        return out
    }

    /// A parameter's values as float32: the file's own pages where they already are, otherwise a copy kept
    /// with the parameter.
    func float32(_ parameter: Parameter) -> Tensor {
        if parameter.value.elementType == .float32 { return parameter.value }
        if let kept = parameter.prepared["float32"] as? PreparedTensor { return kept.tensor }
        let copy = converted(parameter)
        parameter.prepared["float32"] = PreparedTensor(copy)
        return copy
    }

    /// A parameter's values as a float32 tensor that nobody keeps.
    func converted(_ parameter: Parameter) -> Tensor {
        if parameter.value.elementType == .float32 { return parameter.value }
        let copy = Tensor(uninitialized: parameter.shape, on: self)
        convert(parameter.value, into: copy)
        return copy
    }
}

extension Tensor {
    var baseAddress: UnsafeMutablePointer<Float> {
        precondition(elementType == .float32, "elements are \(elementType.rawValue), not F32")
        return rawPointer.assumingMemoryBound(to: Float.self)
    }
}

extension Activation? {
    var kernelActivation: ck_activation {
        switch self {
        case nil: CK_IDENTITY
        case .relu: CK_RELU
        case .silu: CK_SILU
        case .gelu: CK_GELU
        case .quickGELU: CK_QUICK_GELU
        case .tanh: CK_TANH
        }
    }
}
