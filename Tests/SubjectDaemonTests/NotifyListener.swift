import Foundation

/// What systemd is to a service: a datagram socket that takes its messages.
final class NotifyListener: Sendable {
    let address: String
    private let descriptor: Int32

    /// - Parameter address: a path, or a name after @.
    init(at address: String) throws {
        self.address = address
        var socketAddress = sockaddr_un()
        socketAddress.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(address.utf8)
        if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &socketAddress.sun_path) { $0.copyBytes(from: bytes) }
        // A path ends with a zero byte, a name with the address.
        let length = MemoryLayout<sa_family_t>.size + bytes.count + (address.hasPrefix("/") ? 1 : 0)
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let bound = withUnsafePointer(to: &socketAddress) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(length))
            }
        }
        guard descriptor >= 0, bound == 0 else { throw POSIXError(POSIXError.Code(rawValue: errno) ?? .EIO) }
    }

    deinit { close(descriptor) }

    /// The next message; nil if none comes in that time.
    func next(within limit: Duration = .seconds(60)) async throws -> String? {
        try await onThread { [descriptor] in
            var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, Int32(limit.components.seconds * 1000)) == 1 else { return nil }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    /// Every message up to the first that is wanted, that one included.
    func messages(until isWanted: (String) -> Bool) async throws -> [String] {
        var messages: [String] = []
        while let message = try await next() {
            messages.append(message)
            if isWanted(message) { return messages }
        }
        return messages
    }
}
