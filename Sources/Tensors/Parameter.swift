/// One trained array of a model: the tensor as the checkpoint holds it, and what a backend made of it.
///
/// `value` keeps the file's own precision and may live in a memory-mapped file. A backend caches the
/// forms it computes with (upcast, blocked, later quantised) in `prepared`, so that precision is a
/// choice per weight and the model definition never sees it.
public final class Parameter {
    /// The checkpoint's key, for messages.
    public let name: String
    public let value: Tensor
    /// The coarsest precision whose rounding does not show: what is computed with this parameter is no coarser, whatever the
    /// backend's precision.
    public let coarsest: Precision
    /// Forms a backend derived from `value`, under keys of the backend's choosing.
    public var prepared: [String: AnyObject] = [:]

    public init(name: String, value: Tensor, coarsest: Precision = .int8) {
        self.name = name
        self.value = value
        self.coarsest = coarsest
    }

    /// The same parameter with its values seen otherwise: reshaped, or its first rows.
    public func seen(as value: Tensor) -> Parameter {
        Parameter(name: name, value: value, coarsest: coarsest)
    }

    public var shape: Shape { value.shape }
}
