/// What a client asks of the daemon.
public struct ControlRequest: Codable, Sendable, Equatable {
    /// The client's ``ControlProtocol/version``.
    public var version: Int
    /// Chosen by the client and repeated in the reply.
    public var id: Int
    /// What to do. A plain string on the wire, so that a daemon can name a command it does not know.
    public var command: String

    /// A request of this version of the protocol.
    public init(_ command: ControlCommand, id: Int = 1) {
        self.version = ControlProtocol.version
        self.id = id
        self.command = command.rawValue
    }
}

/// The commands of ``ControlProtocol/version``.
public enum ControlCommand: String, Sendable, CaseIterable {
    /// Everything that ``StatusReport`` holds.
    case status
}
