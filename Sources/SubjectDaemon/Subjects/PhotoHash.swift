import Glibc

/// A photo's content, by name.
enum PhotoHash {
    /// The SHA-256 of the photo's bytes, in hexadecimal.
    ///
    /// - Throws: where the photo is not, or no longer, the one of that fingerprint.
    static func of(
        _ name: String, _ fingerprint: FileFingerprint, subject: String, root: String
    ) throws(SystemCallError) -> String {
        guard let path = FolderScanner.resolve(name, of: subject, root: root) else {
            throw SystemCallError("open", "\(subject)/\(name)", ENOENT)
        }
        let hash = try FileBytes.sha256(path)
        guard fingerprint.holds(for: path) else { throw SystemCallError("read", path, EAGAIN) }
        return hash
    }
}
