import Glibc

/// A client of the socket that keeps to no protocol.
final class RawClient {
    private let descriptor: Int32

    /// Connects; nil where the daemon takes nobody just now.
    init?(_ path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
        // A daemon that has sent this client away must not end this process by a signal.
        signal(SIGPIPE, SIG_IGN)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            target.copyBytes(from: Array(path.utf8).prefix(target.count - 1))
        }
        // While many come at once, as many as the kernel lets wait.
        for _ in 0..<2000 {
            let result = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            if result == 0 { return }
            guard errno == EAGAIN else { return nil }
            usleep(5000)
        }
        return nil
    }

    deinit { close(descriptor) }

    /// Sends as much as is taken.
    func send(_ bytes: [UInt8]) { _ = write(descriptor, bytes, bytes.count) }

    /// What comes within that time; nothing where the daemon has closed.
    func receive(seconds: Int) -> [UInt8] {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, Int32(seconds * 1000)) > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        return Array(bytes.prefix(max(0, read(descriptor, &bytes, bytes.count))))
    }
}
