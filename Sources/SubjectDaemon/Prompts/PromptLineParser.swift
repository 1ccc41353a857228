/// Splits a line into the words of its picture and the options behind them.
///
/// An option is a word of two dashes and a letter, after a blank or at the line's beginning. Its value goes to the
/// next option, so that words need no quotes; two dashes alone, or within a word, are text.
struct PromptLineParser {
    private let characters: [Character]
    private var position = 0

    private init(_ line: String) {
        characters = Array(line)
    }

    /// The words before the first option, and the options.
    static func parse(
        _ line: String, number: Int
    ) throws(WritingMistake) -> (text: String, settings: [WrittenSetting]) {
        var parser = PromptLineParser(line)
        let text = parser.raw()
        var settings: [WrittenSetting] = []
        while let name = parser.name() {
            let form = PromptOption(written: name)?.form ?? .single
            do throws(WritingMistake) {
                let value = try parser.value(form, of: name)
                settings.append(WrittenSetting(name: name, value: value, line: number))
            } catch {
                throw error.at(number)
            }
        }
        return (text, settings)
    }

    // MARK: Where options begin

    /// How many characters the dashes of an option take that begins there; nil if none does.
    private func dashes(at index: Int) -> Int? {
        guard index == 0 || characters[index - 1].isWhitespace, index + 1 < characters.count else {
            return nil
        }
        // What telephones make of two dashes.
        if characters[index] == "\u{2014}" {
            let word = String(characters[(index + 1)...].prefix { $0.isLetter || $0 == "_" })
            return PromptOption(written: word) == nil ? nil : 1
        }
        guard index + 2 < characters.count, characters[index] == "-", characters[index + 1] == "-" else {
            return nil
        }
        return characters[index + 2].isLetter ? 2 : nil
    }

    private var isAtEnd: Bool { position >= characters.count }

    // MARK: Parts

    private mutating func name() -> String? {
        guard !isAtEnd, let dashes = dashes(at: position) else { return nil }
        position += dashes
        let start = position
        while !isAtEnd, !characters[position].isWhitespace, characters[position] != "=" { position += 1 }
        let name = String(characters[start..<position])
        if !isAtEnd, characters[position] == "=" { position += 1 }
        return name
    }

    private mutating func value(_ form: PromptOption.Form, of name: String) throws(WritingMistake)
        -> WrittenValue
    {
        skip { $0.isWhitespace }
        switch form {
        case .list: return .list(try names(of: name))
        case .text, .single:
            let quoted = try quoted(of: name)
            let rest = raw()
            guard let quoted else { return rest.isEmpty ? .nothing : .text(rest) }
            return .text(rest.isEmpty ? quoted : quoted + " " + rest)
        }
    }

    /// Names with commas or blanks between them.
    private mutating func names(of option: String) throws(WritingMistake) -> [String] {
        var names: [String] = []
        while true {
            skip { $0.isWhitespace || $0 == "," }
            if isAtEnd || dashes(at: position) != nil { return names }
            if let name = try quoted(of: option) {
                names.append(name)
            } else {
                let start = position
                skip { !$0.isWhitespace && $0 != "," }
                names.append(String(characters[start..<position]))
            }
        }
    }

    /// Everything before the next option, without blanks at its ends.
    private mutating func raw() -> String {
        let start = position
        while !isAtEnd, dashes(at: position) == nil { position += 1 }
        return String(characters[start..<position]).oneLineWithoutBlankEnds
    }

    /// What stands in quotes from here; nil where none begin. A backslash takes a double quote into the text.
    private mutating func quoted(of option: String) throws(WritingMistake) -> String? {
        let pairs: [Character: Character] = [
            "\"": "\"", "'": "'", "\u{201C}": "\u{201D}", "\u{201E}": "\u{201C}",
        ]
        guard !isAtEnd, let end = pairs[characters[position]] else { return nil }
        let escapes = characters[position] == "\""
        var text = ""
        var index = position + 1
        while index < characters.count {
            let character = characters[index]
            if character == end {
                position = index + 1
                return text
            }
            if escapes, character == "\\", index + 1 < characters.count,
                characters[index + 1] == "\"" || characters[index + 1] == "\\"
            {
                index += 1
            }
            text.append(characters[index])
            index += 1
        }
        throw WritingMistake(
            "the quote that begins after --\(PlainLogHandler.oneLine(String(option.prefix(40)))) does not end; put a \(end) behind its last word"
        )
    }

    private mutating func skip(_ isSkipped: (Character) -> Bool) {
        while !isAtEnd, isSkipped(characters[position]) { position += 1 }
    }
}
