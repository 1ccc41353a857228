/// A LoRA file, and how much of it is added.
public struct WeightedAdapter: Sendable, Hashable, CustomStringConvertible {
    /// A safetensors file.
    public var path: String
    /// 1 adds what was trained; negative numbers take it away.
    public var weight: Double

    public init(path: String, weight: Double = 1) {
        self.path = path
        self.weight = weight
    }

    /// `FILE` or `FILE:WEIGHT`; nil for no file, or a weight that is not finite.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let weight = Double(text[text.index(after: colon)...])
        else {
            self.init(path: text)
            if text.isEmpty { return nil }
            return
        }
        self.init(path: String(text[..<colon]), weight: weight)
        guard !path.isEmpty, weight.isFinite else { return nil }
    }

    /// For a picture's record: the file's name without its ending, and the weight.
    public var shortName: String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return "\(ModelSource.stem(of: name)) \(weight)"
    }

    /// As ``init(_:)`` reads it.
    public var description: String { "\(path):\(weight)" }
}
