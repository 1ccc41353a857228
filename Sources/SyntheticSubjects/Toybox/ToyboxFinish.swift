/// How a subject's surface takes the light.
public enum ToyboxFinish: String, Sendable, CaseIterable {
    case matt, glossy, woolly

    var gloss: Float {
        switch self {
        case .matt: 0.12
        case .glossy: 0.9
        case .woolly: 0
        }
    }

    /// The bright rim.
    var sheen: Float {
        switch self {
        case .matt: 0.35
        case .glossy: 0.5
        case .woolly: 0.9
        }
    }
}
