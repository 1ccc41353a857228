/// What a subject with a head may wear, in its accent colour.
public enum ToyboxAccessory: String, Sendable, CaseIterable {
    case scarf, topHat, partyHat, bow, cap

    /// As in "a cat with a top hat".
    public var words: String {
        switch self {
        case .scarf: "a scarf"
        case .topHat: "a top hat"
        case .partyHat: "a party hat"
        case .bow: "a bow"
        case .cap: "a cap"
        }
    }
}
