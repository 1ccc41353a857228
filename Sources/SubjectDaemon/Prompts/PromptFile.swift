import ControlAPI
import Crypto

/// One picture asked for by a prompt file.
struct PromptLine: Sendable, Equatable {
    /// The line's number, from 1.
    var number: Int
    /// The prompt, without blanks at its ends.
    var text: String
    /// How many lines before it say the same.
    var copy: Int
    /// What it says besides its words, with all defaults that apply filled in.
    var options = PromptOptions()
}

/// What a prompt file holds.
struct PromptContents: Sendable, Equatable {
    /// The SHA-256 of the file's bytes, in hexadecimal.
    var contentHash: String
    /// The pictures it asks for.
    var lines: [PromptLine] = []
    /// What cannot be read in it, in words for its writer.
    var problems: [String] = []
}

/// A prompt that was turned into jobs.
struct HandledPrompt: Codable, Sendable, Equatable {
    /// The file's size.
    var size: Int64
    /// When it was written, in nanoseconds since 1970.
    var modified: Int64
    /// The SHA-256 of its bytes, in hexadecimal.
    var contentHash: String
    /// The inode of the subject's folder, which tells a folder from one of the same name; 0 where inodes do not last.
    var folder: UInt64
    /// When that folder was made; 0 where that is not known.
    var born: Int64 = 0
    /// The prompt file's name.
    var file = FileRules.promptName

    /// Whether its file went, and what it asked for was taken back.
    var isWithdrawn: Bool { size < 0 }

    /// Whether it is the same prompt in the same folder.
    func isSame(as other: HandledPrompt) -> Bool {
        file == other.file && size == other.size && modified == other.modified
            && contentHash == other.contentHash && isSameFolder(as: other)
    }

    /// Whether it lay in the same folder.
    func isSameFolder(as other: HandledPrompt) -> Bool {
        folder == other.folder && (born == other.born || born == 0 || other.born == 0)
    }
}

/// Reads prompt files: each line that is not empty and does not begin with `#` asks for a picture.
enum PromptFile {
    /// The largest file that is read.
    static let maximumBytes = 256 << 10
    /// The longest line that is taken, in characters.
    static let maximumLineLength = 2000
    /// The most pictures that one file can ask for.
    static let maximumLines = 1000

    /// What a file of these bytes holds.
    static func parse(
        _ bytes: [UInt8], defaults: PromptOptions = PromptOptions(), classNoun: String? = nil
    ) -> PromptContents {
        var contents = PromptContents(contentHash: SHA256.hash(data: bytes).hexadecimal)
        guard let text = String(validating: bytes.withoutByteOrderMark, as: UTF8.self), !bytes.contains(0)
        else {
            contents.problems = ["It is not UTF-8 text. Save it as plain text with the encoding UTF-8."]
            return contents
        }
        var seen: [String: Int] = [:]
        var left = 0
        for (index, raw) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        {
            let line = raw.trimmed
            if line.isEmpty || line.first == "#" { continue }
            if line.count > maximumLineLength {
                contents.problems.append(
                    "Line \(index + 1) has \(line.count) characters; at most \(maximumLineLength) are taken. Shorten it."
                )
            } else if contents.lines.count == maximumLines {
                left += 1
            } else {
                contents.lines.append(PromptLine(number: index + 1, text: line, copy: seen[line, default: 0]))
                seen[line, default: 0] += 1
            }
        }
        if left > 0 {
            contents.problems.append(
                "It asks for more than \(maximumLines) pictures; the last \(left) lines are left out. Make a second file later."
            )
        }
        if contents.lines.isEmpty && contents.problems.isEmpty {
            contents.problems = [
                "It asks for no picture. Write what the picture shall show, one picture a line."
            ]
        }
        return contents
    }

    /// What a file that is longer than ``maximumBytes`` amounts to.
    static func tooLong(size: Int64) -> PromptContents {
        PromptContents(
            contentHash: "",
            problems: ["It has \(size) bytes; at most \(maximumBytes) are read. Is it the right file?"])
    }
}

extension [UInt8] {
    /// Some editors put one in front.
    fileprivate var withoutByteOrderMark: ArraySlice<UInt8> {
        starts(with: [0xEF, 0xBB, 0xBF]) ? self[3...] : self[...]
    }
}

extension Substring {
    /// Without blanks at its ends, and with what would not be seen made blank.
    fileprivate var trimmed: String {
        let visible = String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
        guard let first = visible.firstIndex(where: { !$0.isWhitespace }),
            let last = visible.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(visible[first...last])
    }
}
