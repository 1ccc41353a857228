import Tensors

extension Tensor {
    /// The same numbers in float32; itself where it is that already.
    var float32: Tensor {
        guard elementType != .float32, count > 0 else { return self }
        return Parameter(name: "", value: reshaped([1, count])).rows([0]).reshaped(shape)
    }
}
