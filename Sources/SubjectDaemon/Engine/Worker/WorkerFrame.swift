/// One message on a pipe: a small JSON text that says what it is, and the bulk that belongs to it as it is.
///
/// On the wire: "JW" and the protocol's version (2 bytes), the length of what follows (4 bytes), the length of the
/// text (4 bytes), the text, and for each attachment its length (4 bytes) and its bytes. Numbers are least
/// significant byte first.
struct WorkerFrame: Equatable {
    var text: [UInt8]
    var attachments: [[UInt8]] = []

    /// Raised with every change that an older end would misunderstand.
    static let version: UInt8 = 1
    /// The longest message, after its head. References of the largest picture take a quarter of it.
    static let maximumLength = 256 << 20
    /// The longest text within it.
    static let maximumTextLength = 4 << 20
    /// The most attachments.
    static let maximumAttachments = 64
    /// Bytes before a message's length is known.
    static let headLength = 8

    /// As it goes over the pipe.
    func bytes() throws(WorkerFrameError) -> [UInt8] {
        guard text.count <= Self.maximumTextLength, attachments.count <= Self.maximumAttachments else {
            throw .tooLong
        }
        let length = 4 + text.count + attachments.reduce(0) { $0 + 4 + $1.count }
        guard length <= Self.maximumLength else { throw .tooLong }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headLength + length)
        bytes += [UInt8(ascii: "J"), UInt8(ascii: "W"), Self.version, 0]
        bytes += Self.number(length)
        bytes += Self.number(text.count)
        bytes += text
        for attachment in attachments {
            bytes += Self.number(attachment.count)
            bytes += attachment
        }
        return bytes
    }

    /// How many bytes follow this head.
    static func length(head: some Collection<UInt8>) throws(WorkerFrameError) -> Int {
        let head = Array(head)
        guard head.count == headLength, head[0] == UInt8(ascii: "J"), head[1] == UInt8(ascii: "W"),
            head[3] == 0
        else { throw .damaged }
        guard head[2] == version else { throw .version(Int(head[2])) }
        let length = number(head[4...])
        guard length <= maximumLength else { throw .tooLong }
        return length
    }

    /// The message behind the bytes that followed a head.
    init(body: [UInt8]) throws(WorkerFrameError) {
        var rest = body[...]
        func take(_ count: Int) throws(WorkerFrameError) -> ArraySlice<UInt8> {
            guard count <= rest.count else { throw .damaged }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        let textLength = Self.number(try take(4))
        guard textLength <= Self.maximumTextLength else { throw .damaged }
        text = Array(try take(textLength))
        while !rest.isEmpty {
            guard attachments.count < Self.maximumAttachments else { throw .damaged }
            attachments.append(Array(try take(Self.number(try take(4)))))
        }
    }

    init(text: [UInt8], attachments: [[UInt8]] = []) {
        self.text = text
        self.attachments = attachments
    }

    private static func number(_ value: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func number(_ bytes: some Sequence<UInt8>) -> Int {
        bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}

/// Why bytes are no message.
enum WorkerFrameError: Error, Equatable, CustomStringConvertible {
    case damaged
    case tooLong
    case version(Int)

    var description: String {
        switch self {
        case .damaged: "a message was damaged"
        case .tooLong: "a message was longer than \(WorkerFrame.maximumLength >> 20) MiB"
        case .version(let version):
            "a message was of protocol \(version), not \(WorkerFrame.version)"
        }
    }
}
