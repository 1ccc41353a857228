import Glibc

/// Held by the one daemon that may use a folder or a socket, and let go by the kernel when its process ends.
final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock.
    ///
    /// - Returns: nil where another process, or another daemon of this one, holds it.
    init?(path: String) throws(SystemCallError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw SystemCallError("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            close(descriptor)
            if number == EWOULDBLOCK { return nil }
            throw SystemCallError("flock", path, number)
        }
        self.descriptor = descriptor
    }

    deinit {
        // A process that is just being started from this one still has the descriptor; it must not hold the lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
