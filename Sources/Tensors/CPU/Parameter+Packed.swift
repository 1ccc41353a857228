/// A form of a parameter's values that a backend keeps.
final class PreparedTensor {
    let tensor: Tensor
    init(_ tensor: Tensor) { self.tensor = tensor }
}

extension Parameter {
    /// The one form of the values that products read, in place of the checkpoint's.
    var packed: AnyObject? {
        get { prepared["packed"] }
        set { prepared["packed"] = newValue }
    }

    /// Lets the system drop the checkpoint's own pages, which another form has made needless.
    func discardPages() {
        value.storage.discardPages(
            value.byteOffset..<value.byteOffset + value.count * value.elementType.size)
    }
}
