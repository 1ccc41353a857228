/// The light in a picture.
public enum ToyboxLight: String, Sendable, CaseIterable {
    case bright, morning, evening, overcast, lamp

    /// As in "a cat on the beach in the evening light"; nil where nothing is to be said.
    public var words: String? {
        switch self {
        case .bright: nil
        case .morning: "in the morning light"
        case .evening: "in the evening light"
        case .overcast: "on a grey day"
        case .lamp: "in warm lamplight"
        }
    }
}
