/// A contiguous piece of memory that tensors share.
///
/// Who owns the bytes is decided by `release`: a backend's memory pool takes its block back,
/// a memory-mapped file is unmapped with its last tensor.
public final class Storage {
    public let pointer: UnsafeMutableRawPointer
    public let byteCount: Int
    private let release: (UnsafeMutableRawPointer, Int) -> Void

    public init(
        pointer: UnsafeMutableRawPointer, byteCount: Int,
        release: @escaping (UnsafeMutableRawPointer, Int) -> Void
    ) {
        self.pointer = pointer
        self.byteCount = byteCount
        self.release = release
    }

    deinit { release(pointer, byteCount) }
}
