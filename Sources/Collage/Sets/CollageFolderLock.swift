import Foundation

/// Holds a folder for this process, until it is let go or the process ends, however it ends.
final class CollageFolderLock {
    private let descriptor: Int32

    /// - Throws: `busy` where another process holds it.
    init(folder: String, file: String) throws(CollageError) {
        descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw .system(file) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let error: CollageError = errno == EWOULDBLOCK ? .busy(folder: folder) : .system(file)
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }
}
