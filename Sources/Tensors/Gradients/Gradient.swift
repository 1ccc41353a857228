/// Where the gradient of one piece of memory is added up, element for element, as long as somebody may add to it.
///
/// It belongs to a `Storage`, so that every view of the memory (reshaped, or some of its rows) adds to the same place.
public final class Gradient {
    /// Elements of the tensor that the memory was made for.
    let count: Int
    /// `[count]`; nil as long as nothing was added.
    var values: Tensor?

    init(count: Int) { self.count = count }
}

extension Tensor {
    /// Whether a gradient of this tensor's memory is wanted.
    var wantsGradient: Bool { storage.gradient != nil }

    /// The gradient that was added up for this tensor, in its shape; nil if there is none.
    public var gradient: Tensor? {
        guard let values = storage.gradient?.values else { return nil }
        return Tensor(
            shape: shape, storage: values.storage, byteOffset: values.byteOffset + byteOffset,
            backend: values.backend)
    }

    /// The gradient, which begins as zeros where nothing was added; nil if none is wanted.
    public func gradientOrZeros(on backend: any Backend) -> Tensor? {
        guard let slot = storage.gradient else { return nil }
        if slot.values == nil { slot.values = Tensor(zeros: [slot.count], on: backend) }
        return gradient
    }

    /// Forgets the gradient; what is added next begins at zero.
    public func clearGradient() { storage.gradient?.values = nil }

    /// The same memory, whose operations another backend computes.
    public func seen(by backend: any Backend) -> Tensor {
        Tensor(
            shape: shape, elementType: elementType, storage: storage, byteOffset: byteOffset, backend: backend
        )
    }
}
