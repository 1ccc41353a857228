import ControlAPI
import Crypto

/// One line of a prompt file: a picture, or several of the same words.
struct PromptLine: Sendable, Equatable {
    /// The line's number, from 1.
    var number: Int
    /// The prompt, without blanks at its ends.
    var text: String
    /// How many pictures the lines before it ask for with the same words and options.
    var copy: Int
    /// What it says besides its words, with all defaults that apply filled in.
    var options = PromptOptions()

    /// How many pictures it asks for.
    var pictures: Int { options.count ?? 1 }
}

/// What a prompt file holds.
struct PromptContents: Sendable, Equatable {
    /// The SHA-256 of the file's bytes, in hexadecimal.
    var contentHash: String
    /// The lines that ask for pictures.
    var lines: [PromptLine] = []
    /// What cannot be read in it, in words for its writer.
    var problems: [String] = []

    /// How many pictures it asks for.
    var pictures: Int { lines.reduce(0) { $0 + $1.pictures } }
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

    /// When a prompt was written that is to be turned into jobs again: no file is like it.
    static let forgotten: Int64 = -1
    /// The same while lines of it name photos that are not there.
    private static let awaiting: Int64 = -2
    /// The numbers of these lines; nil also where they wait since a version that did not note them.
    var waitingLines: [Int]?

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

    /// The same while those lines of it name photos that are not there: it is looked at again after a restart.
    func awaitingPhotos(in lines: [Int]) -> HandledPrompt {
        guard !lines.isEmpty else { return self }
        var prompt = self
        (prompt.modified, prompt.waitingLines) = (Self.awaiting, lines)
        return prompt
    }

    /// The lines that wait for photos, where this is what is remembered of that prompt meanwhile.
    ///
    /// - Parameter lines: all of that prompt's lines.
    func linesThatWait(of prompt: HandledPrompt, _ lines: [PromptLine]) -> [Int]? {
        guard modified == Self.awaiting, contentHash == prompt.contentHash, isSameFolder(as: prompt)
        else { return nil }
        // That version let a line wait for nothing but the references that it names.
        return waitingLines ?? lines.filter { $0.options.photos != nil }.map(\.number)
    }
}

/// Reads prompt files: each line that is not empty and does not begin with `#` asks for a picture. Options stand
/// behind a line's words, as `--steps 30`, or for all lines in the file's front, between two lines of `---`.
enum PromptFile {
    /// The largest file that is read.
    static let maximumBytes = 256 << 10
    /// The longest line that is taken, in characters.
    static let maximumLineLength = 8000
    /// The most pictures that one file can ask for.
    static let maximumPictures = 1000

    /// What a file of these bytes holds.
    ///
    /// - Parameters:
    ///   - defaults: what holds where neither a line nor the file's front says anything.
    ///   - classNoun: what `{class}` stands for.
    static func parse(
        _ bytes: [UInt8], defaults: PromptOptions = PromptOptions(), classNoun: String? = nil
    ) -> PromptContents {
        var contents = PromptContents(contentHash: SHA256.hash(data: bytes).hexadecimal)
        guard bytes.count <= maximumBytes else { return tooLong(size: Int64(bytes.count)) }
        guard let text = String(validating: bytes.withoutByteOrderMark, as: UTF8.self), !bytes.contains(0)
        else {
            contents.problems = ["It is not UTF-8 text. Save it as plain text with the encoding UTF-8."]
            return contents
        }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var first = 0
        var (shared, hasMask) = (defaults, false)
        do throws(WritingMistake) {
            if let front = try front(of: lines) {
                let options = try options(front: front.text, firstLine: front.firstLine)
                (shared, hasMask) = (options.over(defaults), options.says(.mask))
                first = front.end
            }
        } catch {
            // With half of their options, pictures would be made that nobody asked for.
            contents.problems = [error.sentence, "None of its pictures is made until that is mended."]
            return contents
        }
        var reader = LineReader(defaults: shared, hasMask: hasMask, classNoun: classNoun)
        for (index, line) in lines.enumerated().dropFirst(first) { reader.take(line, number: index + 1) }
        contents.lines = reader.lines
        contents.problems = reader.allProblems
        return contents
    }

    /// What a file that is longer than ``maximumBytes`` amounts to.
    static func tooLong(size: Int64) -> PromptContents {
        PromptContents(
            contentHash: "",
            problems: ["It has \(size) bytes; at most \(maximumBytes) are read. Is it the right file?"])
    }

    // MARK: The front

    /// The text between the file's first two lines of `---`; nil where it does not begin with one. Comments and
    /// empty lines may stand before it.
    ///
    /// - Returns: with the number of its first line, and how many lines it takes from the file with its ends.
    private static func front(
        of lines: [Substring]
    ) throws(WritingMistake) -> (text: String, firstLine: Int, end: Int)? {
        func isBorder(_ line: Substring) -> Bool { line.oneLineWithoutBlankEnds == "---" }
        let begin = lines.firstIndex { line in
            let text = line.oneLineWithoutBlankEnds
            return !text.isEmpty && !text.hasPrefix("#")
        }
        guard let begin, isBorder(lines[begin]) else { return nil }
        guard let end = lines[(begin + 1)...].firstIndex(where: isBorder) else {
            throw WritingMistake(
                "--- begins options for the whole file, and no second line of --- ends them", line: begin + 1)
        }
        return (lines[(begin + 1)..<end].joined(separator: "\n"), begin + 2, end + 1)
    }

    private static func options(
        front text: String, firstLine: Int
    ) throws(WritingMistake) -> PromptOptionReader {
        var reader = PromptOptionReader(isLine: false)
        for setting in try YAMLTable.parse(text, firstLine: firstLine) { try reader.take(setting) }
        return reader
    }

    // MARK: Lines

    /// Takes in lines one after the other.
    private struct LineReader {
        let defaults: PromptOptions
        /// Whether the file's front says something of a mask.
        let hasMask: Bool
        let classNoun: String?
        private(set) var lines: [PromptLine] = []
        private var problems: [String] = []
        private var pictures = 0
        private var leftOut = 0
        private var seen: [Asked: Int] = [:]

        /// What makes two lines the same.
        private struct Asked: Hashable {
            var text: String
            var options: PromptOptions
        }

        init(defaults: PromptOptions, hasMask: Bool, classNoun: String?) {
            self.defaults = defaults
            self.hasMask = hasMask
            self.classNoun = classNoun
        }

        /// What the writer has to be told.
        var allProblems: [String] {
            var all = problems
            if leftOut > 0 {
                all.append(
                    "It asks for more than \(maximumPictures) pictures; the last \(leftOut) lines are left out. Make a second file later."
                )
            }
            if lines.isEmpty && all.isEmpty {
                all = ["It asks for no picture. Write what the picture shall show, one picture a line."]
            }
            return all
        }

        mutating func take(_ raw: Substring, number: Int) {
            let line = raw.oneLineWithoutBlankEnds
            if line.isEmpty || line.first == "#" { return }
            if leftOut > 0 {
                leftOut += 1
                return
            }
            do throws(WritingMistake) {
                try add(line, number: number)
            } catch {
                problems.append(error.at(number).sentence)
            }
        }

        private mutating func add(_ line: String, number: Int) throws(WritingMistake) {
            guard line.count <= maximumLineLength else {
                throw WritingMistake(
                    "it has \(line.count) characters; at most \(maximumLineLength) are taken. Shorten it")
            }
            let parsed = try PromptLineParser.parse(line, number: number)
            var reader = PromptOptionReader(isLine: true)
            for setting in parsed.settings { try reader.take(setting) }
            var options = try withoutIdleMask(reader.over(defaults), of: reader)
            let text = try withClassNoun(words(parsed.text, reader.prompt))
            options.picture.negativePrompt = try options.picture.negativePrompt.map(withClassNoun)
            var made = PromptLine(number: number, text: text, copy: 0, options: options)
            guard pictures + made.pictures <= maximumPictures else {
                leftOut = 1
                return
            }
            var same = options
            (same.count, same.priority) = (nil, nil)
            let asked = Asked(text: text, options: same)
            made.copy = seen[asked, default: 0]
            seen[asked, default: 0] += made.pictures
            pictures += made.pictures
            lines.append(made)
        }

        /// A mask and a strength belong to a photo to start from. Where there is none, those of the line itself are a
        /// mistake, and so is a mask of the file; other defaults mean nothing for the line.
        private func withoutIdleMask(
            _ options: PromptOptions, of line: PromptOptionReader
        ) throws(WritingMistake) -> PromptOptions {
            guard options.start == nil else { return options }
            if options.mask != nil, line.says(.mask) || (hasMask && !line.says(.start)) {
                throw WritingMistake(PromptOptionRules.needsStart(.mask))
            }
            if line.says(.strength) { throw WritingMistake(PromptOptionRules.needsStart(.strength)) }
            var options = options
            (options.mask, options.picture.strength) = (nil, nil)
            return options
        }

        private func words(_ text: String, _ prompt: String?) throws(WritingMistake) -> String {
            switch (text.isEmpty, prompt) {
            case (false, nil): return try PromptOptionRules.text(.prompt, text)
            case (true, let prompt?) where !prompt.isEmpty: return prompt
            case (false, _):
                throw WritingMistake(
                    "the prompt stands twice, before the options and after --prompt; keep one of them")
            case (true, _):
                throw WritingMistake(
                    "it has options and no words; write what the picture shall show before them")
            }
        }

        private func withClassNoun(_ text: String) throws(WritingMistake) -> String {
            guard text.contains("{class}") else { return text }
            guard let classNoun else {
                throw WritingMistake(
                    "it says {class}, and nothing says what the subject is; put 'class: dog', or what it is, into subject.yaml beside the prompt"
                )
            }
            return text.replacing("{class}", with: classNoun)
        }
    }
}

extension [UInt8] {
    /// Some editors put one in front.
    var withoutByteOrderMark: ArraySlice<UInt8> {
        starts(with: [0xEF, 0xBB, 0xBF]) ? self[3...] : self[...]
    }
}
