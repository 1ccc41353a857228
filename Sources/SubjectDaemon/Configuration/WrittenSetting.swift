/// A setting as a person wrote it, in a file or in a line, not yet understood.
struct WrittenSetting: Sendable, Equatable {
    /// Its name, as it was spelled.
    var name: String
    /// What it is set to.
    var value: WrittenValue
    /// The line it stands in, from 1.
    var line: Int
}

/// What a setting is set to, as it was written.
enum WrittenValue: Sendable, Equatable {
    /// Nothing stands there.
    case nothing
    /// One value.
    case text(String)
    /// Several.
    case list([String])
    /// Settings of its own.
    case table([WrittenSetting])

    /// The value in quotes, short enough for a message.
    var shown: String {
        switch self {
        case .nothing: "empty"
        case .text(let text): WritingMistake.quoted(text)
        case .list(let texts): WritingMistake.quoted(texts.joined(separator: ", "))
        case .table: "a table"
        }
    }
}

/// What is wrong with something that a person wrote, in words for its writer.
struct WritingMistake: Error, Sendable, Equatable {
    /// The line it stands in, from 1; nil where it is about the whole.
    var line: Int?
    /// What is wrong and what would be right, as a sentence without its end.
    var text: String

    init(_ text: String, line: Int? = nil) {
        self.text = text
        self.line = line
    }

    /// The same, in that line.
    func at(_ line: Int) -> WritingMistake {
        WritingMistake(text, line: self.line ?? line)
    }

    /// For a message beside the file: `Line 3: ... .`
    var sentence: String {
        let whole = text.hasSuffix(".") ? text : text + "."
        guard let line else { return whole.prefix(1).uppercased() + whole.dropFirst() }
        return "Line \(line): \(whole)"
    }

    /// For a message elsewhere: `FILE, line 3: ...`
    func described(in file: String) -> String {
        line.map { "\(file), line \($0): \(text)" } ?? "\(file): \(text)"
    }

    /// What somebody wrote, in quotes, on one line, and not too long to be read.
    static func quoted(_ text: String) -> String {
        let line = PlainLogHandler.oneLine(text)
        return line.count > 60 ? "\"\(line.prefix(57))...\"" : "\"\(line)\""
    }
}
