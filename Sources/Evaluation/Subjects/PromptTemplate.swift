/// A prompt with a place for what the subject is.
///
/// `{class}`, `{}` and `{0}` are that place. Where a prompt says `{1}`, as DreamBench's do, that is the place, and `{0}`
/// is a word made up for one subject, which models that are not tuned to it do not know: it is left out.
public struct PromptTemplate: Sendable, Equatable {
    /// Why a line is no template, in words for its writer.
    struct Mistake: Error { let reason: String }

    private enum Part: Sendable, Equatable {
        case text(String)
        case noun
    }

    private let parts: [Part]

    init(_ line: String) throws(Mistake) {
        var pieces: [(text: String, isPlace: Bool)] = []
        var rest = Substring(line)
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            guard rest[brace] == "{", let close = rest[brace...].firstIndex(of: "}") else {
                throw Mistake(reason: "a brace has no counterpart; write {class} where the subject is named")
            }
            pieces.append((String(rest[..<brace]), false))
            pieces.append((String(rest[rest.index(after: brace)..<close]), true))
            rest = rest[rest.index(after: close)...]
        }
        pieces.append((String(rest), false))
        let places = pieces.filter(\.isPlace).map(\.text)
        guard !places.isEmpty else {
            throw Mistake(reason: "it does not name the subject; write {class} where it is to be named")
        }
        if let unknown = places.first(where: { !["", "0", "1", "class"].contains($0) }) {
            throw Mistake(reason: "{\(unknown)} means nothing; write {class} where the subject is named")
        }
        let isNumbered = places.contains("1")
        guard Set(places.map { $0 == "1" ? "0" : $0 }).count == 1,
            places.filter(\.isEmpty).count <= 1, !isNumbered || places.contains("0")
        else {
            throw Mistake(
                reason:
                    "its places are \(places.map { "{\($0)}" }.joined(separator: ", ")); write {class} wherever the "
                    + "subject is named, or {0} {1} as DreamBench does")
        }
        if let option = line.split(separator: " ").first(where: { $0.hasPrefix("--") }) {
            throw Mistake(reason: "\(option) is no word of a prompt; options belong into the command")
        }
        var parts: [Part] = []
        var skipsSpace = false
        for piece in pieces {
            if piece.isPlace {
                skipsSpace = isNumbered && piece.text == "0"
                if !skipsSpace { parts.append(.noun) }
            } else {
                let text = skipsSpace && piece.text.hasPrefix(" ") ? piece.text.dropFirst() : piece.text[...]
                if !text.isEmpty { parts.append(.text(String(text))) }
                skipsSpace = false
            }
        }
        self.parts = parts
    }

    /// The prompt for a subject that is a `noun`.
    public func filled(with noun: String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .noun: noun
            }
        }.joined()
    }
}
