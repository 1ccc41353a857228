import ControlAPI
import Glibc

/// Why the control socket cannot be made.
enum ControlSocketError: Error, Equatable, CustomStringConvertible {
    /// Another daemon answers there.
    case inUse(String)
    /// Something that is no socket has the name.
    case notASocket(String)
    /// The path does not fit in a socket's address.
    case pathTooLong(String)
    /// The system refused.
    case system(SystemCallError)

    var description: String {
        switch self {
        case .inUse(let path):
            "another jedid answers at \(path): stop it first, or give this one a socket of its own with --socket"
        case .notASocket(let path):
            "\(path) is there and is no socket: move it away or choose another with --socket"
        case .pathTooLong(let path): "the socket's path is too long (107 bytes at most): \(path)"
        case .system(let error):
            "the control socket cannot be made: \(error); choose another place with --socket"
        }
    }
}

/// A listening Unix socket that only its owner and its group may use.
///
/// It is made under another name and renamed into place: whoever finds it finds it with its permissions.
enum ControlSocket {
    /// Makes the socket. What a dead daemon left is replaced; a live one is refused.
    ///
    /// - Returns: the descriptor, bound.
    static func bind(_ path: String) throws(ControlSocketError) -> Int32 {
        try clear(path)
        let temporary = path + ".new"
        guard var address = sockaddr_un(path: temporary) else { throw .pathTooLong(path) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system(SystemCallError("socket", path)) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        do throws(SystemCallError) {
            unlink(temporary)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard bound == 0 else { throw SystemCallError("bind", temporary) }
            guard chmod(temporary, 0o660) == 0 else { throw SystemCallError("chmod", temporary) }
            // Without the group, or without the right to give the file to it, the owner alone uses the socket.
            if let group = getgrnam(ControlProtocol.groupName) {
                _ = chown(temporary, uid_t.max, group.pointee.gr_gid)
            }
            guard listen(descriptor, 128) == 0 else { throw SystemCallError("listen", temporary) }
            guard rename(temporary, path) == 0 else { throw SystemCallError("rename", path) }
            return descriptor
        } catch {
            close(descriptor)
            unlink(temporary)
            throw .system(error)
        }
    }

    private static func clear(_ path: String) throws(ControlSocketError) {
        var facts = stat()
        guard lstat(path, &facts) == 0 else {
            guard errno == ENOENT else { throw .system(SystemCallError("stat", path)) }
            return
        }
        guard facts.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        guard !answers(path) else { throw .inUse(path) }
    }

    /// Whether a process listens there.
    private static func answers(_ path: String) -> Bool {
        guard var address = sockaddr_un(path: path) else { return false }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 || errno == EAGAIN || errno == EINPROGRESS
    }
}
