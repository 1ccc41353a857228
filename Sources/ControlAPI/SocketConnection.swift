import Glibc

/// A connected Unix socket with a deadline for everything that is done with it.
struct SocketConnection: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private let timeout: Double
    private let deadline: ContinuousClock.Instant

    init(path: String, timeout: Double) throws(ControlError) {
        self.path = path
        self.timeout = timeout
        deadline = .now + .seconds(timeout)
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .system(call: "socket", path: path, reason: Self.reason(errno)) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        try connect()
    }

    deinit {
        Glibc.close(descriptor)
    }

    private func connect() throws(ControlError) {
        guard var address = sockaddr_un(path: path) else {
            throw .system(call: "connect", path: path, reason: "a socket's path has at most 107 bytes")
        }
        while true {
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result == 0 { return }
            switch errno {
            case ENOENT, ECONNREFUSED, ENOTDIR: throw .notRunning(searched: [path])
            case EACCES, EPERM: throw .noPermission(socket: path)
            case EINTR: continue
            case EAGAIN:
                // The daemon's queue of callers is full.
                guard ContinuousClock.now < deadline else { throw .timeout(socket: path, seconds: timeout) }
                usleep(10_000)
            default: throw .system(call: "connect", path: path, reason: Self.reason(errno))
            }
        }
    }

    func write(_ bytes: [UInt8]) throws(ControlError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.send(descriptor, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT))
            } else if errno != EINTR {
                throw .system(call: "send", path: path, reason: Self.reason(errno))
            }
        }
    }

    /// The bytes up to the next line's end, which is left out.
    func readLine(limit: Int) throws(ControlError) -> [UInt8] {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.recv(descriptor, $0.baseAddress!, $0.count, 0) }
            if count > 0 {
                if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) {
                    return line + chunk[..<end]
                }
                line += chunk[..<count]
                guard line.count <= limit else {
                    throw .malformed(detail: "a reply of more than \(limit) bytes")
                }
            } else if count == 0 || errno == ECONNRESET {
                throw .malformed(detail: "the connection ended before the reply did")
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLIN))
            } else if errno != EINTR {
                throw .system(call: "recv", path: path, reason: Self.reason(errno))
            }
        }
    }

    private func wait(for events: Int16) throws(ControlError) {
        let left = deadline - .now
        let milliseconds =
            left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
        var request = pollfd(fd: descriptor, events: events, revents: 0)
        let ready = milliseconds > 0 ? poll(&request, 1, Int32(clamping: milliseconds)) : 0
        guard ready != 0 else { throw .timeout(socket: path, seconds: timeout) }
    }

    private static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}

extension sockaddr_un {
    /// The address of a socket file; nil where the path does not fit in one.
    public init?(path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: sun_path) else { return nil }
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: bytes) }
    }
}
