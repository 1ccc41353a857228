import Glibc

/// A file that is there either whole or not at all: written under a temporary name, then renamed.
enum WholeFile {
    /// - Parameters:
    ///   - parts: the contents, one behind the other.
    ///   - lasts: whether the file is to stay through a power cut, which takes a while.
    static func write(
        _ parts: [UnsafeRawBufferPointer], to path: String, mode: mode_t, lasts: Bool
    ) throws(SafetensorsError) {
        let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure(path) }
        do throws(SafetensorsError) {
            defer { close(descriptor) }
            for part in parts { try write(part, to: descriptor, path: path) }
            guard !lasts || fsync(descriptor) == 0 else { throw failure(path) }
            guard rename(temporary, path) == 0 else { throw failure(path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String
    ) throws(SafetensorsError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Glibc.write(
                descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard written >= 0 || errno == EINTR else { throw failure(path) }
            rest = rest.dropFirst(max(0, written))
        }
    }

    /// The error of the last system call.
    private static func failure(_ path: String) -> SafetensorsError {
        .unwritable(file: path, reason: String(cString: strerror(errno)))
    }
}
