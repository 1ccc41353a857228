import Glibc

/// A regular file, open for reading while this object lives.
final class FileSource: ByteSource {
    /// The size in bytes when the file was opened; it may have changed since.
    let count: Int
    private let descriptor: Int32

    init(path: String) throws(ImageError) {
        // Non-blocking, so that a named pipe cannot hold the caller; regular files do not heed it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.error(errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw Self.error(code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .unreadable(reason: "not a regular file", remedy: "put a photo there")
        }
        self.descriptor = descriptor
        self.count = Int(status.st_size)
    }

    deinit { close(descriptor) }

    func read(at offset: Int, length: Int) throws(ImageError) -> [UInt8] {
        guard offset >= 0, offset < count, length > 0 else { return [] }
        var failure: Int32 = 0
        let wanted = min(length, count - offset)
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            while filled < wanted {
                let got = pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), wanted - filled, offset + filled)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                filled += got
            }
        }
        guard failure == 0 else { throw Self.error(failure) }
        return bytes
    }

    private static func error(_ code: Int32) -> ImageError {
        let reason = String(cString: strerror(code))
        return switch code {
        case ENOENT: .unreadable(reason: reason, remedy: "put it back or take it off the list")
        case EACCES, EPERM: .unreadable(reason: reason, remedy: "let the account that runs this read it")
        case EMFILE, ENFILE: .unreadable(reason: reason, remedy: "raise the limit of open files")
        default: .unreadable(reason: reason, remedy: "check the disk or the network share")
        }
    }
}
