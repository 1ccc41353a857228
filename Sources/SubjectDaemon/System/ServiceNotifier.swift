import Glibc

/// Tells systemd how the daemon is, as sd_notify(3) does. Does nothing where nobody asked for it.
public struct ServiceNotifier: Sendable {
    private let path: String?
    /// When whoever started this process waits for signs of life, and how often.
    var watchdogPolicy: WatchdogPolicy?

    /// A notifier of whoever started this process.
    public init(environment: [String: String]) {
        path = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
        watchdogPolicy = WatchdogPolicy(environment: environment, process: getpid())
    }

    /// Whether somebody asked.
    var isHeard: Bool { path != nil }

    /// A notifier that tells nobody.
    public static let silent = ServiceNotifier(environment: [:])

    /// It serves.
    public func ready() { send("READY=1") }

    /// It reads its configuration anew; ``ready()`` follows.
    public func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        send("RELOADING=1\nMONOTONIC_USEC=\(Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)")
    }

    /// It ends.
    public func stopping() { send("STOPPING=1", mayWait: false) }

    /// It is alive and makes progress.
    public func watchdog() { send("WATCHDOG=1", mayWait: false) }

    /// What it is doing, in a line for people.
    ///
    /// - Returns: whether the line was taken.
    @discardableResult
    public func status(_ line: String) -> Bool {
        send("STATUS=" + PlainLogHandler.oneLine(line), mayWait: false)
    }

    /// - Parameter mayWait: false for what may be missed: a listener that has stopped listening stops nobody.
    @discardableResult
    private func send(_ message: String, mayWait: Bool = true) -> Bool {
        guard let path, var address = sockaddr_un(notifyPath: path) else { return false }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        let flags = Int32(MSG_NOSIGNAL) | (mayWait ? 0 : Int32(MSG_DONTWAIT))
        let length = socklen_t(
            MemoryLayout<sa_family_t>.size + path.utf8.count + (path.hasPrefix("/") ? 1 : 0))
        let sent = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, flags, $0, length)
            }
        }
        return sent == bytes.count
    }
}

extension sockaddr_un {
    /// A path, or with @ in front a name of the abstract kind.
    fileprivate init?(notifyPath path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: sun_path) else { return nil }
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: bytes) }
    }
}
