import SyntheticSubjects
import Tensors

/// Subjects without a list: kinds, colours, patterns and scenes in the words of the toybox's captions.
public struct PromptGrammar: CollagePrompts {
    private let kinds: [String]
    private let colors = ToyboxColor.all.map(\.word)
    private let patterns = ToyboxPattern.allCases.compactMap(\.adjective)
    private let scenes: [String]

    /// - Parameters:
    ///   - kinds: the nouns, in turns; empty for all of the toybox, by chance.
    ///   - scenes: empty for those of the toybox.
    public init(kinds: [String] = [], scenes: [String] = []) {
        self.kinds = kinds
        self.scenes = scenes.isEmpty ? Self.scenes : scenes
    }

    public var count: Int? { nil }

    public func subject(_ number: Int, seed: UInt64) -> CollageSubject {
        var random = RandomSource(seed: seed)
        let drawn = ToyboxKind.allCases[Int(random.next() % UInt64(ToyboxKind.allCases.count))].noun
        let kind = kinds.isEmpty ? drawn : kinds[number % kinds.count]
        func pick(_ words: [String]) -> String { words[Int(random.next() % UInt64(words.count))] }
        let first = pick(colors)
        var phrase = first
        if random.uniform() < 0.5 {
            phrase = "\(pick(patterns)) \(first) and \(pick(colors.filter { $0 != first }))"
        }
        return CollageSubject(
            kind: kind, phrase: CollageSubject.withArticle("\(phrase) \(kind)"), scenes: scenes)
    }

    /// As in "on the beach".
    public static let scenes = ToyboxScene.allCases.map(\.place)
}
