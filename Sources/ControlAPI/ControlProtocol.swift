import FoundationEssentials

/// What both ends of the control socket hold to: one JSON object a line, versioned, bounded in size and time.
public enum ControlProtocol {
    /// Raised when an older peer could misread a message. New optional fields do not raise it.
    public static let version = 1

    /// A request line longer than this ends the connection.
    public static let maximumRequestBytes = 1 << 20

    /// A reply is as long as the daemon has subjects to speak of; a client takes no more than this.
    public static let maximumReplyBytes = 16 << 20

    /// The file name of the socket within its folder.
    public static let socketName = "jedid.sock"

    /// The group whose members may speak to a daemon that runs as a system service.
    public static let groupName = "jedi"

    /// The message as one line, its end included.
    public static func line(_ message: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        var bytes = [UInt8](try encoder.encode(message))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    /// The message that a line holds.
    public static func message<Message: Decodable>(_ type: Message.Type, from line: [UInt8]) throws -> Message
    {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: Data(line))
    }
}
