/// How the pictures of a set come to show one subject.
public enum CollageDrawing: Sendable, Equatable {
    /// Drawn together, every picture attending to all others.
    case joint
    /// One picture that is a collage, split along its edges.
    case panels(rows: Int, columns: Int)
    /// Each for itself: to compare with.
    case alone

    /// Pictures that one panel picture gives; nil where any number can be drawn.
    public var panelCount: Int? {
        if case .panels(let rows, let columns) = self { rows * columns } else { nil }
    }
}

extension CollageDrawing: Codable, CustomStringConvertible {
    /// As in "joint", "alone" and "2x3": two rows of three.
    public init?(_ text: String) {
        switch text {
        case "joint": self = .joint
        case "alone": self = .alone
        default:
            let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard parts.count == 2, let rows = parts[0], let columns = parts[1],
                1...8 ~= rows, 1...8 ~= columns, rows * columns > 1
            else { return nil }
            self = .panels(rows: rows, columns: columns)
        }
    }

    public var description: String {
        switch self {
        case .joint: "joint"
        case .alone: "alone"
        case .panels(let rows, let columns): "\(rows)x\(columns)"
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let drawing = CollageDrawing(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no way to draw")
        }
        self = drawing
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
