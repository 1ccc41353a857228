/// Where a job that waits is to be put.
public enum QueuePlace: Sendable, Equatable {
    /// Before all others.
    case first
    /// After all others.
    case last
    /// Just before that job.
    case before(String)
}

/// "first", "last" or {"before": "JOB"}.
extension QueuePlace: Codable {
    private enum Word: String, Codable {
        case first, last
    }

    private struct Neighbour: Codable {
        var before: String
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .first: try container.encode(Word.first)
        case .last: try container.encode(Word.last)
        case .before(let id): try container.encode(Neighbour(before: id))
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let neighbour = try? container.decode(Neighbour.self) {
            self = .before(neighbour.before)
        } else {
            self = try container.decode(Word.self) == .first ? .first : .last
        }
    }
}
