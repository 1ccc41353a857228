import FoundationEssentials

/// Speaks to a daemon over its socket, one request at a time.
///
/// The calls block the calling thread, at most for the timeout: a command-line tool has nothing else to do.
public struct ControlClient: Sendable {
    /// The places to try, in this order.
    public var sockets: [String]
    /// How long one call may take, in seconds.
    public var timeout: Double

    /// A client of the daemon at the first of these sockets where one answers.
    public init(sockets: [String], timeout: Double = 10) {
        self.sockets = sockets
        self.timeout = timeout
    }

    /// Sends a request and waits for its reply. A refusal is thrown.
    public func send(_ request: ControlRequest) throws(ControlError) -> ControlReply {
        let connection = try connect()
        let line: [UInt8]
        do { line = try ControlProtocol.line(request) } catch { throw .malformed(detail: "\(error)") }
        try connection.write(line)
        let answer = try connection.readLine(limit: ControlProtocol.maximumReplyBytes)
        return try read(answer)
    }

    private func connect() throws(ControlError) -> SocketConnection {
        var denied: String?
        for socket in sockets {
            do {
                return try SocketConnection(path: socket, timeout: timeout)
            } catch .notRunning {
                continue
            } catch .noPermission(let socket) {
                denied = denied ?? socket
            }
        }
        if let denied { throw .noPermission(socket: denied) }
        throw .notRunning(searched: sockets)
    }

    private func read(_ answer: [UInt8]) throws(ControlError) -> ControlReply {
        let envelope: ControlEnvelope
        do { envelope = try ControlProtocol.message(ControlEnvelope.self, from: answer) } catch {
            throw .malformed(detail: "\(answer.count) bytes without a version")
        }
        guard envelope.version == ControlProtocol.version else {
            throw .versionSkew(
                daemon: envelope.version, daemonVersion: envelope.daemonVersion,
                client: ControlProtocol.version)
        }
        let reply: ControlReply
        do { reply = try ControlProtocol.message(ControlReply.self, from: answer) } catch {
            throw .malformed(detail: "\(answer.count) bytes that are no reply")
        }
        if let error = reply.error { throw .refused(code: error.code, message: error.message) }
        return reply
    }
}
