import Glibc

/// Files of whoever runs jedictl.
enum LocalFile {
    /// Why a file cannot be read or written, in the system's words.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The whole file.
    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("\(path) cannot be read") }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress!, $0.count) }
            if count == 0 { return bytes }
            if count > 0 {
                bytes += chunk[..<count]
            } else if errno != EINTR {
                throw failure("\(path) cannot be read")
            }
        }
    }

    /// Puts the file in the place of what had its name, whole or not at all.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let temporary = "\(path).\(getpid()).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure("\(path) cannot be written") }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                let error = failure("\(path) cannot be written")
                close(descriptor)
                unlink(temporary)
                throw error
            }
        }
        guard close(descriptor) == 0, rename(temporary, path) == 0 else {
            let error = failure("\(path) cannot be written")
            unlink(temporary)
            throw error
        }
    }

    private static func failure(_ what: String) -> Failure {
        Failure(description: "\(what): \(String(cString: strerror(errno)))")
    }
}
