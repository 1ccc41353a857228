import ControlAPI
import Logging

/// Who is at the other end of a control connection.
struct ControlPeer: Sendable, Equatable {
    var pid: Int32
    var user: UInt32
    var group: UInt32
}

/// Answers control requests.
struct ControlResponder: Sendable {
    let composer: StatusComposer
    let logger: Logger

    /// The reply to one line.
    ///
    /// - Parameter peer: who asks; commands that change something will ask for it.
    func reply(to line: [UInt8], from peer: ControlPeer?) async -> ControlReply {
        let request: ControlRequest
        switch Self.parse(line) {
        case .success(let parsed): request = parsed
        case .failure(let refusal): return refusal.reply
        }
        guard let command = ControlCommand(rawValue: request.command) else {
            let known = ControlCommand.allCases.map(\.rawValue).joined(separator: ", ")
            return ControlReply(
                id: request.id,
                error: ControlFailure(
                    .unknownCommand,
                    "this jedid (\(ProductVersion.current)) does not know '\(request.command.prefix(80))'; it knows: \(known)."
                ))
        }
        switch command {
        case .status: return await status(request.id)
        }
    }

    private func status(_ id: Int) async -> ControlReply {
        do {
            return ControlReply(id: id, status: try await composer.report())
        } catch {
            logger.error("status could not be told: \(error)")
            return ControlReply(
                id: id, error: ControlFailure(.failed, "jedid cannot read its job store: \(error)"))
        }
    }

    /// A refusal of a line that is no request.
    struct Refusal: Error {
        let reply: ControlReply
    }

    /// The request that a line holds. The version is read first: the rest of another version means nothing.
    static func parse(_ line: [UInt8]) -> Result<ControlRequest, Refusal> {
        guard let envelope = try? ControlProtocol.message(ControlEnvelope.self, from: line) else {
            return .failure(
                Refusal(
                    reply: ControlReply(id: 0, error: ControlFailure(.malformed, "that line is no request.")))
            )
        }
        guard envelope.version == ControlProtocol.version else {
            let message =
                "this jedid speaks version \(ControlProtocol.version) of the control protocol, "
                + "the request version \(envelope.version)."
            return .failure(
                Refusal(reply: ControlReply(id: envelope.id ?? 0, error: ControlFailure(.version, message))))
        }
        guard let request = try? ControlProtocol.message(ControlRequest.self, from: line) else {
            return .failure(
                Refusal(
                    reply: ControlReply(
                        id: envelope.id ?? 0,
                        error: ControlFailure(.malformed, "that request names no command."))))
        }
        return .success(request)
    }
}
