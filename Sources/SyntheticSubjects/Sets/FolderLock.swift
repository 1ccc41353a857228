import Foundation

/// Holds a folder for this process, until it is let go or the process ends, however it ends.
public final class FolderLock: Sendable {
    /// Why it cannot be held.
    public enum Refusal: Error, Sendable, Equatable {
        /// Another process holds it.
        case busy
        /// The lock's file cannot be made, with the system's reason.
        case system(String)
    }

    private let descriptor: Int32

    /// - Parameter file: in the folder; it stays there.
    public init(file: String) throws(Refusal) {
        descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw .system(String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let refusal: Refusal = errno == EWOULDBLOCK ? .busy : .system(String(cString: strerror(errno)))
            close(descriptor)
            throw refusal
        }
    }

    deinit {
        // A process that is just being started from this one still has the descriptor; it must not hold the lock.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
