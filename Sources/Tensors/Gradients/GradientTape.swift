/// A backend that computes as the processor does and remembers how, so that gradients can be taken.
///
/// Models are trained with the same code that runs them: their parameters and inputs live on a tape instead of on
/// the backend itself. An operation is recorded if a gradient of one of its inputs is wanted: of tensors that are
/// `watched`, and of everything computed from them. `backward` walks back over the records, once.
///
/// A gradient belongs to memory, not to tensors (see `Gradient`): views need no record.
public final class GradientTape: Backend {
    public let base: CPUBackend

    /// An operation that ran: the place where its output's gradient is added up, and what to do with it then.
    private struct Record {
        let gradient: Gradient
        let shape: Shape
        /// Takes the output's gradient, which it may keep or overwrite.
        let propagate: (Tensor) -> Void
    }

    private var records: [Record] = []
    /// Parameters met since their values last changed. Weak, since parameters know their tape.
    private var met: [ObjectIdentifier: WeakParameter] = [:]

    /// By the memory of the weight, which is kept so that no other can take its place.
    var adapters: [ObjectIdentifier: (storage: Storage, adapter: LowRankAdapter)] = [:]

    public init(_ base: CPUBackend) {
        self.base = base
    }

    // MARK: What is trained

    /// The tensor on this tape, with its gradient wanted from now on. Float32.
    public func watched(_ tensor: Tensor) -> Tensor {
        precondition(tensor.elementType == .float32, "only float32 tensors are trained")
        if tensor.storage.gradient == nil {
            let count = tensor.byteOffset / ElementType.float32.size + tensor.count
            tensor.storage.gradient = Gradient(count: count)
        }
        return tensor.seen(by: self)
    }

    /// To be called when the values of parameters changed: forms that the backend keeps of them are no longer true.
    public func parametersChanged() {
        for parameter in met.values { parameter.value?.prepared.removeAll() }
        met.removeAll(keepingCapacity: true)
    }

    /// Adds `adapter` to every product with this weight.
    public func adapt(_ weight: Tensor, with adapter: LowRankAdapter) {
        adapters[ObjectIdentifier(weight.storage)] = (weight.storage, adapter)
    }

    /// Computes something whose gradients nobody will ask for: what it records is forgotten.
    public func withoutRecords<Result>(_ body: () throws -> Result) rethrows -> Result {
        let count = records.count
        defer { records.removeLast(records.count - count) }
        return try body()
    }

    // MARK: Going back

    /// Adds the gradient of `factor * loss`, one number, to everything that is watched, and forgets the records.
    public func backward(_ loss: Tensor, factor: Float = 1) {
        precondition(loss.count == 1, "the gradient of \(loss.shape) is not one number's")
        loss.storage.gradient?.values = Tensor(repeating: factor, shape: [1], on: base)
        walkBack()
    }

    /// Adds the gradient of the sum of `gradient * output` to everything that is watched, and forgets the records.
    public func backward(_ output: Tensor, gradient: Tensor) {
        precondition(gradient.shape == output.shape, "\(gradient.shape) is no gradient of \(output.shape)")
        add(base.linearCombination([(1, gradient)]), to: output)
        walkBack()
    }

    private func walkBack() {
        while let record = records.popLast() {
            guard let values = record.gradient.values else { continue }
            record.gradient.values = nil
            record.propagate(values.reshaped(record.shape))
        }
    }

    /// Forgets the records of what was computed.
    public func forget() { records.removeAll() }

    // MARK: Records

    /// `output` on this tape; with a record of how to go back if a gradient of any of `inputs` is wanted.
    func record(_ output: Tensor, of inputs: [Tensor?], _ propagate: @escaping (Tensor) -> Void) -> Tensor {
        if inputs.contains(where: { $0?.wantsGradient == true }) {
            let gradient = Gradient(count: output.count)
            output.storage.gradient = gradient
            records.append(Record(gradient: gradient, shape: output.shape, propagate: propagate))
        }
        return output.seen(by: self)
    }

    /// Notes parameters of which the backend may keep forms.
    func meet(_ parameters: Parameter?...) {
        for case let parameter? in parameters where parameter.value.wantsGradient {
            met[ObjectIdentifier(parameter)] = WeakParameter(parameter)
        }
    }

    /// Adds to the gradient of `x` if it is wanted. `gradient` must be nobody else's: it may be kept.
    func add(_ gradient: Tensor, to x: Tensor) {
        guard let slot = x.storage.gradient else { return }
        if slot.values == nil, x.byteOffset == 0, x.count == slot.count {
            slot.values = gradient.reshaped([x.count])
        } else if let (target, adds) = target(for: x) {
            base.accumulate([(1, gradient)], into: target, adds: adds)
        }
    }

    /// Where the gradient of `x` is added up; nil if it is not wanted. Without `adds` its contents are unspecified
    /// and must be written.
    func target(for x: Tensor) -> (tensor: Tensor, adds: Bool)? {
        guard let slot = x.storage.gradient else { return nil }
        let isWhole = x.byteOffset == 0 && x.count == slot.count
        let isNew = slot.values == nil
        if isNew {
            slot.values =
                isWhole
                ? Tensor(uninitialized: [slot.count], on: base) : Tensor(zeros: [slot.count], on: base)
        }
        return x.gradient.map { ($0, !(isNew && isWhole)) }
    }

    /// As `target`, with zeros where nothing was added.
    func sumTarget(for x: Tensor) -> Tensor? {
        guard let (tensor, adds) = target(for: x) else { return nil }
        if !adds { tensor.floats.update(repeating: 0) }
        return tensor
    }

    // MARK: Memory

    public func trim() { base.trim() }

    public func discardWeights() { base.discardWeights() }

    public var imagesPerPass: Int {
        get { base.imagesPerPass }
        set { base.imagesPerPass = newValue }
    }

    /// As they are: gradients go back through them.
    public func kept(_ keysValues: KeysValues) -> KeysValues { keysValues }

    public func allocate(byteCount: Int) -> Storage { base.allocate(byteCount: byteCount) }
}

private struct WeakParameter {
    weak var value: Parameter?
    init(_ value: Parameter) { self.value = value }
}
