import Glibc

/// A contiguous piece of memory that tensors share.
///
/// Who owns the bytes is decided by `release`: a backend's memory pool takes its block back,
/// a memory-mapped file is unmapped with its last tensor.
public final class Storage {
    public let pointer: UnsafeMutableRawPointer
    public let byteCount: Int
    /// Whether the bytes are pages of a file, which come back from it when they are touched again.
    public let isFileBacked: Bool
    /// For a file's pages: what the file is, so that another, or the same one changed, says something else. Nil where that is
    /// not known.
    let origin: String?
    /// Where the gradient of this memory is added up; nil if none is wanted.
    public internal(set) var gradient: Gradient?
    private let release: (UnsafeMutableRawPointer, Int) -> Void

    public init(
        pointer: UnsafeMutableRawPointer, byteCount: Int, isFileBacked: Bool = false, origin: String? = nil,
        release: @escaping (UnsafeMutableRawPointer, Int) -> Void
    ) {
        self.pointer = pointer
        self.byteCount = byteCount
        self.isFileBacked = isFileBacked
        self.origin = origin
        self.release = release
    }

    deinit { release(pointer, byteCount) }

    /// Lets the system drop the whole pages within `range` of a mapped file; other storage is left alone.
    public func discardPages(_ range: Range<Int>) {
        guard isFileBacked else { return }
        let page = 4096
        let start = (Int(bitPattern: pointer) + range.lowerBound + page - 1) / page * page
        let end = (Int(bitPattern: pointer) + range.upperBound) / page * page
        if end > start { madvise(UnsafeMutableRawPointer(bitPattern: start), end - start, MADV_DONTNEED) }
    }
}
