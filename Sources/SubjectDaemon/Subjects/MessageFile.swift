import Glibc

/// A message to a subject's owner in a file beside what it is about.
enum MessageFile {
    /// By this line the daemon knows its own files: one that begins otherwise is a person's and stays as it is.
    private static let mark = "Written by JeDi at home."

    /// Lets the file say this.
    static func write(_ lines: [String], to path: String) throws(SystemCallError) {
        if isMissing(path) || isOurs(path) {
            let text = ([mark, ""] + lines + ["", "This file vanishes by itself once that is mended."])
                .joined(separator: "\n")
            try AtomicFile.replace(path, with: Array((text + "\n").utf8))
        }
    }

    /// Takes the file away if it is the daemon's.
    static func remove(_ path: String) throws(SystemCallError) {
        guard !isMissing(path), isOurs(path) else { return }
        guard unlink(path) == 0 || errno == ENOENT else { throw SystemCallError("unlink", path) }
    }

    private static func isMissing(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) != 0 && errno == ENOENT
    }

    private static func isOurs(_ path: String) -> Bool {
        guard let bytes = try? FileBytes.read(path, limit: 1 << 20) else { return false }
        return bytes.starts(with: mark.utf8)
    }
}
