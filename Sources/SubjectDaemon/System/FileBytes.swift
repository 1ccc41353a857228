import Crypto
import Glibc

/// Reads files of people, whose size nobody promised.
enum FileBytes {
    /// The whole file, if it is a regular file of at most so many bytes; nil where it is longer.
    static func read(
        _ path: String, limit: Int, followLinks: Bool = false
    ) throws(SystemCallError) -> [UInt8]? {
        let descriptor = try openRegular(path, followLinks: followLinks)
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(limit + 1, 64 << 10))
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress!, $0.count) }
            if count == 0 { return bytes }
            if count > 0 {
                bytes += chunk[..<count]
                if bytes.count > limit { return nil }
            } else if errno != EINTR {
                throw SystemCallError("read", path)
            }
        }
    }

    /// The SHA-256 of the file's bytes, in hexadecimal.
    static func sha256(_ path: String) throws(SystemCallError) -> String {
        let descriptor = try openRegular(path)
        defer { close(descriptor) }
        var hash = SHA256()
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress!, $0.count) }
            if count == 0 { return hash.finalize().hexadecimal }
            if count > 0 {
                chunk.withUnsafeBytes {
                    hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count]))
                }
            } else if errno != EINTR {
                throw SystemCallError("read", path)
            }
        }
    }

    /// The SHA-256 of the bytes, in hexadecimal.
    static func sha256(of bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }

    /// Follows no link unless it is told to, and never waits for a pipe that somebody named like a photo.
    private static func openRegular(
        _ path: String, followLinks: Bool = false
    ) throws(SystemCallError) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (followLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { throw SystemCallError("open", path) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw SystemCallError("open", path, EINVAL)
        }
        return descriptor
    }
}
