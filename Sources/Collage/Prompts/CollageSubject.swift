/// What the pictures of a set show: one subject in scenes.
public struct CollageSubject: Sendable, Equatable {
    /// The noun, as in "cat": what masks look for and `{class}` stands for in prompts of `jedid`.
    public let kind: String
    /// As in "a striped red cat", article included.
    public let phrase: String
    /// As in "on the beach"; at least one.
    public let scenes: [String]

    public init(kind: String, phrase: String, scenes: [String]) {
        precondition(!scenes.isEmpty, "\(phrase) is nowhere")
        (self.kind, self.phrase, self.scenes) = (kind, phrase, scenes)
    }

    func caption(in scene: String) -> String { "a photo of \(phrase) \(scene)" }

    /// With an article, if a phrase has none.
    static func withArticle(_ phrase: String) -> String {
        let first = phrase.prefix { $0 != " " }.lowercased()
        guard !["a", "an", "the", "one", "this", "my"].contains(first) else { return phrase }
        return ("aeiou".contains(first.first ?? "x") ? "an " : "a ") + phrase
    }
}
