import Foundation

/// Subjects from a text file, as a person or a language model writes it: a line each,
///
///     class | subject | scene; scene; scene
///
/// with `|` or a tab between the parts. Without scenes those of another list serve. Empty lines and lines that begin
/// with `#` are passed over.
public struct PromptList: CollagePrompts {
    private let subjects: [CollageSubject]

    /// - Parameter scenes: for lines that have none; at least one.
    public init(file: String, scenes: [String]) throws(CollageError) {
        try self.init(text: Self.text(file), file: file, scenes: scenes)
    }

    init(text: String, file: String, scenes: [String]) throws(CollageError) {
        var subjects: [CollageSubject] = []
        for (number, line) in Self.lines(text) {
            let parts = line.split(omittingEmptySubsequences: false) { $0 == "|" || $0 == "\t" }
                .map { $0.trimmingCharacters(in: .whitespaces) }
            guard 2...3 ~= parts.count, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw .badLine(file: file, line: number, text: line)
            }
            let own =
                parts.count < 3
                ? []
                : parts[2].split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
                    .filter { !$0.isEmpty }
            subjects.append(
                CollageSubject(
                    kind: parts[0], phrase: CollageSubject.withArticle(parts[1]),
                    scenes: own.isEmpty ? scenes : own))
        }
        guard !subjects.isEmpty else { throw .emptyList(file: file) }
        self.subjects = subjects
    }

    /// Scenes from a file, one a line.
    public static func scenes(file: String) throws(CollageError) -> [String] {
        let scenes = lines(try text(file)).map(\.1)
        guard !scenes.isEmpty else { throw .emptyList(file: file) }
        return scenes
    }

    public var count: Int? { subjects.count }

    public func subject(_ number: Int, seed: UInt64) -> CollageSubject { subjects[number % subjects.count] }

    private static func text(_ file: String) throws(CollageError) -> String {
        do { return String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self) } catch
        {
            throw .unreadable(file: file, reason: error.localizedDescription)
        }
    }

    /// Those that say something, numbered from 1.
    private static func lines(_ text: String) -> [(Int, String)] {
        text.split(omittingEmptySubsequences: false) { $0.isNewline }.enumerated()
            .map { ($0.offset + 1, $0.element.trimmingCharacters(in: .whitespaces)) }
            .filter { !$0.1.isEmpty && !$0.1.hasPrefix("#") }
    }
}
