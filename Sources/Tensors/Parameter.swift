/// One trained array of a model: the tensor as the checkpoint holds it, and what a backend made of it.
///
/// `value` keeps the file's own precision and may live in a memory-mapped file. A backend caches the
/// forms it computes with (upcast, blocked, later quantised) in `prepared`, so that precision is a
/// choice per weight and the model definition never sees it.
public final class Parameter {
    /// The checkpoint's key, for messages.
    public let name: String
    public let value: Tensor
    /// Whether rounding this parameter would show: it is then computed with in float32 whatever the backend's
    /// precision.
    public let needsFullPrecision: Bool
    /// Forms a backend derived from `value`, under keys of the backend's choosing.
    public var prepared: [String: AnyObject] = [:]

    public init(name: String, value: Tensor, needsFullPrecision: Bool = false) {
        self.name = name
        self.value = value
        self.needsFullPrecision = needsFullPrecision
    }

    /// The same parameter with its values seen otherwise: reshaped, or its first rows.
    public func seen(as value: Tensor) -> Parameter {
        Parameter(name: name, value: value, needsFullPrecision: needsFullPrecision)
    }

    public var shape: Shape { value.shape }
}
