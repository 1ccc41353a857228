/// A refusal, with a code for programs and a message for people.
public struct ControlFailure: Codable, Sendable, Equatable, Error {
    /// The reasons that a client may want to tell apart.
    public enum Code: String, Codable, Sendable {
        /// The peer speaks another version of the protocol.
        case version
        /// The line is not a message.
        case malformed
        /// The daemon does not know the command.
        case unknownCommand
        /// Whoever asks may look and not change anything.
        case notPermitted
        /// The request cannot be met as it was put; the message says how to put it.
        case refused
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
