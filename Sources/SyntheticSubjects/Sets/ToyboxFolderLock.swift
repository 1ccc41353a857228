import Foundation

/// Holds a folder for this process, until it is let go or the process ends, however it ends.
public final class ToyboxFolderLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `busy` where another process holds it.
    init(folder: String) throws(ToyboxSetError) {
        let path = "\(folder)/.toybox.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw .system(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error: ToyboxSetError = errno == EWOULDBLOCK ? .busy(folder: folder) : .system(path)
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }
}
