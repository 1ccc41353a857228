/// What the daemon answers: an error, or the field that the command fills.
public struct ControlReply: Codable, Sendable, Equatable {
    /// The daemon's ``ControlProtocol/version``.
    public var version: Int
    /// The daemon's ``ProductVersion``.
    public var daemonVersion: String
    /// The request's number; 0 where the request could not be read.
    public var id: Int
    /// Why nothing was done.
    public var error: ControlFailure?
    /// The answer to ``ControlCommand/status``.
    public var status: StatusReport?

    /// A reply to the request of that number.
    public init(id: Int, status: StatusReport? = nil, error: ControlFailure? = nil) {
        self.version = ControlProtocol.version
        self.daemonVersion = ProductVersion.current
        self.id = id
        self.status = status
        self.error = error
    }
}

/// The part of a reply that every version of the protocol can read.
public struct ControlEnvelope: Codable, Sendable {
    /// The peer's ``ControlProtocol/version``.
    public var version: Int
    /// The request's number.
    public var id: Int?
    /// The daemon's ``ProductVersion``, in replies.
    public var daemonVersion: String?
}

/// A refusal, with a code for programs and a message for people.
public struct ControlFailure: Codable, Sendable, Equatable {
    /// The reasons that a client may want to tell apart.
    public enum Code: String, Codable, Sendable {
        /// The peer speaks another version of the protocol.
        case version
        /// The line is not a message.
        case malformed
        /// The daemon does not know the command.
        case unknownCommand
        /// The daemon failed at it.
        case failed
    }

    /// One of ``Code``, kept as text so that a newer daemon's code does not break an older client.
    public var code: String
    /// What happened and what to do.
    public var message: String

    /// A refusal for this reason.
    public init(_ code: Code, _ message: String) {
        self.code = code.rawValue
        self.message = message
    }
}
