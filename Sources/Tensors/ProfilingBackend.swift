/// A backend that computes as another one does and notes what each operation took.
///
/// A model that is loaded on it, or whose inputs are seen by it, runs as it would on the other: what this adds is a look at the
/// clock before and after each operation.
public final class ProfilingBackend: Backend {
    public let base: any Backend

    /// All calls of one operation with one shape.
    public struct Entry: Sendable, Equatable {
        /// As the operation on `Tensor` is called.
        public let operation: String
        /// What it ran on: inputs, and what decides the work.
        public let shape: String
        public var calls = 0
        public var seconds = 0.0
        /// Multiplications and additions of all calls; 0 where the memory decides, not they.
        public var operations = 0.0
    }

    private struct Key: Hashable {
        let operation, shape: String
    }

    private var entries: [Key: Entry] = [:]

    public init(_ base: any Backend) { self.base = base }

    /// What was noted, what took longest first.
    public var profile: [Entry] {
        entries.values.sorted {
            ($1.seconds, $0.operation, $0.shape) < ($0.seconds, $1.operation, $1.shape)
        }
    }

    /// Forgets what was noted.
    public func reset() { entries.removeAll() }

    private func note(
        _ operation: String, _ shape: @autoclosure () -> String, operations: Double = 0, _ body: () -> Tensor
    ) -> Tensor {
        let start = ContinuousClock.now
        let out = body()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let key = Key(operation: operation, shape: shape())
        var entry = entries[key] ?? Entry(operation: operation, shape: key.shape)
        entry.calls += 1
        entry.seconds += seconds
        entry.operations += operations
        entries[key] = entry
        return out.seen(by: self)
    }

    // MARK: Memory

    public func trim() { base.trim() }

    public func discardWeights() { base.discardWeights() }

    public var imagesPerPass: Int {
        get { base.imagesPerPass }
        set { base.imagesPerPass = newValue }
    }

    public func kept(_ keysValues: KeysValues) -> KeysValues {
        let kept = base.kept(keysValues)
        return KeysValues(keys: kept.keys.seen(by: self), values: kept.values.seen(by: self))
    }

    public func allocate(byteCount: Int) -> Storage { base.allocate(byteCount: byteCount) }

    // MARK: Products

    public func linear(_ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?) -> Tensor {
        noteProduct("linear", x, weight) { base.linear(x, weight: weight, bias: bias, residual: residual) }
    }

    public func linearGEGLU(_ x: Tensor, weight: Parameter, bias: Parameter?) -> Tensor {
        noteProduct("linearGEGLU", x, weight) { base.linearGEGLU(x, weight: weight, bias: bias) }
    }

    private func noteProduct(
        _ operation: String, _ x: Tensor, _ weight: Parameter, _ body: () -> Tensor
    ) -> Tensor {
        let rows = x.count / x.shape[-1]
        return note(
            operation, "\(rows) x \(weight.shape[1]) -> \(weight.shape[0])",
            operations: 2 * Double(rows) * Double(weight.shape[0] * weight.shape[1]), body)
    }

    public func convolution(
        _ x: Tensor, weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry,
        residual: Tensor?, activation: Activation?
    ) -> Tensor {
        let pixels =
            x.shape[0] * geometry.outputExtent(x.shape[1]) * geometry.outputExtent(x.shape[2])
        let stride = geometry.stride == 1 ? "" : ", stride \(geometry.stride)"
        return note(
            "convolution \(geometry.kernel)x\(geometry.kernel)\(stride)",
            "\(x.shape) -> \(weight.shape[0])", operations: 2 * Double(pixels) * Double(weight.shape.count)
        ) {
            base.convolution(
                x, weight: weight, bias: bias, geometry: geometry, residual: residual, activation: activation)
        }
    }

    public func attention(
        _ queries: Tensor, keysValues: [[KeysValues]], heads: Int, isCausal: Bool, bearing coarsest: Precision
    ) -> Tensor {
        let tokens = queries.shape[1]
        let keys = keysValues.map { $0.reduce(0) { $0 + $1.keys.shape[0] } }
        let operations = keys.reduce(0.0) { $0 + 4 * Double(tokens * $1 * queries.shape[2]) }
        return note(
            "attention", "\(queries.shape) over \(keys.max() ?? 0) keys, \(heads) heads",
            operations: isCausal ? operations / 2 : operations
        ) {
            base.attention(
                queries, keysValues: keysValues, heads: heads, isCausal: isCausal, bearing: coarsest)
        }
    }

    public func attentionWeights(_ queries: Tensor, keysValues: [KeysValues], heads: Int) -> Tensor {
        note("attentionWeights", "\(queries.shape) over \(keysValues.count) images") {
            base.attentionWeights(queries, keysValues: keysValues, heads: heads)
        }
    }

    // MARK: Norms and pointwise operations

    public func groupNorm(
        _ x: Tensor, offset: Tensor?, groups: Int, weight: Parameter, bias: Parameter, epsilon: Float,
        activation: Activation?
    ) -> Tensor {
        note("groupNorm", "\(x.shape)") {
            base.groupNorm(
                x, offset: offset, groups: groups, weight: weight, bias: bias, epsilon: epsilon,
                activation: activation)
        }
    }

    public func layerNorm(_ x: Tensor, weight: Parameter, bias: Parameter, epsilon: Float) -> Tensor {
        note("layerNorm", "\(x.shape)") { base.layerNorm(x, weight: weight, bias: bias, epsilon: epsilon) }
    }

    public func geglu(_ x: Tensor) -> Tensor { note("geglu", "\(x.shape)") { base.geglu(x) } }

    public func activate(_ x: Tensor, _ activation: Activation) -> Tensor {
        note("\(activation)", "\(x.shape)") { base.activate(x, activation) }
    }

    public func linearCombination(_ terms: [(Float, Tensor)]) -> Tensor {
        note("linearCombination", "\(terms.count) of \(terms.first.map { "\($0.1.shape)" } ?? "")") {
            base.linearCombination(terms)
        }
    }

    public func weightedSquaredError(_ x: Tensor, target: Tensor, weights: Tensor?, huber: Float) -> Tensor {
        note("weightedSquaredError", "\(x.shape)") {
            base.weightedSquaredError(x, target: target, weights: weights, huber: huber)
        }
    }

    public func crossEntropy(_ logits: Tensor, targets: Tensor) -> Tensor {
        note("crossEntropy", "\(logits.shape)") { base.crossEntropy(logits, targets: targets) }
    }

    // MARK: Layout

    public func upsampledNearest2x(_ x: Tensor, height: Int, width: Int) -> Tensor {
        note("upsampledNearest2x", "\(x.shape)") {
            base.upsampledNearest2x(x, height: height, width: width)
        }
    }

    public func concatenateChannels(_ a: Tensor, _ b: Tensor) -> Tensor {
        note("concatenateChannels", "\(a.shape) and \(b.shape)") { base.concatenateChannels(a, b) }
    }

    public func concatenateRows(_ tensors: [Tensor]) -> Tensor {
        note("concatenateRows", "\(tensors.count) of \(tensors.first.map { "\($0.shape)" } ?? "")") {
            base.concatenateRows(tensors)
        }
    }

    public func gatherRows(_ table: Parameter, _ indices: [Int]) -> Tensor {
        note("gatherRows", "\(indices.count) of \(table.shape)") { base.gatherRows(table, indices) }
    }

    public func transposed(_ x: Tensor) -> Tensor {
        note("transposed", "\(x.shape)") { base.transposed(x) }
    }
}
