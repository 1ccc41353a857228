import Glibc

/// What tells a file from what it was before, without reading it.
struct FileFingerprint: Codable, Sendable, Hashable {
    /// Bytes.
    var size: Int64
    /// When its bytes changed last, in nanoseconds since 1970. Programs can set it at will.
    var modified: Int64
    /// When anything about it changed last. Only the kernel sets it.
    var changed: Int64
    /// The file's number within its file system.
    var inode: UInt64
}

extension FileFingerprint {
    /// Whether the file of that path is still the one, also after it was read.
    func holds(for path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0 && FileFingerprint(facts) == self
    }

    init(_ facts: stat) {
        self.init(
            size: Int64(facts.st_size), modified: facts.st_mtim.nanoseconds,
            changed: facts.st_ctim.nanoseconds,
            inode: UInt64(facts.st_ino))
    }
}

extension timespec {
    fileprivate var nanoseconds: Int64 { Int64(tv_sec) * 1_000_000_000 + Int64(tv_nsec) }
}
