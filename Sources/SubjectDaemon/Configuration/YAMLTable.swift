import Yams

/// Reads a YAML document whose top is a table: names and what they are set to.
///
/// Values stay as they were written, so that `22:00` is a time and `none` a word. Anchors and aliases are not
/// read: a few lines of them can stand for more values than there is memory.
enum YAMLTable {
    /// The longest document that is read.
    static let maximumBytes = 64 << 10
    /// Tables within tables.
    private static let maximumDepth = 3

    /// The settings in the order in which they stand.
    ///
    /// - Parameter firstLine: the number of the document's first line within its file.
    static func parse(_ text: String, firstLine: Int = 1) throws(WritingMistake) -> [WrittenSetting] {
        guard text.utf8.count <= maximumBytes else {
            throw WritingMistake(
                "it has \(text.utf8.count) bytes; at most \(maximumBytes) are read. Is it the right file?")
        }
        if let line = lineOfAlias(text) {
            throw WritingMistake(
                "names that begin with & and * stand for other values in YAML, which is not supported here; write the value out",
                line: firstLine + line - 1)
        }
        let root: Node?
        do { root = try Yams.compose(yaml: text, .default, .default, .utf8) } catch {
            throw mistake(error, firstLine: firstLine)
        }
        guard let root else { return [] }
        switch root {
        case .mapping(let mapping): return try settings(of: mapping, firstLine: firstLine, depth: 1)
        case .scalar(let scalar) where isNothing(scalar): return []
        case .scalar, .sequence, .alias:
            throw WritingMistake(
                "each setting must be written as 'name: value'", line: line(of: root, firstLine))
        }
    }

    private static func settings(
        of mapping: Node.Mapping, firstLine: Int, depth: Int
    ) throws(WritingMistake) -> [WrittenSetting] {
        var settings: [WrittenSetting] = []
        for (key, node) in mapping {
            let line = line(of: key, firstLine)
            guard case .scalar(let name) = key else {
                throw WritingMistake("a setting's name must be one word", line: line)
            }
            let value = try value(of: node, name: name.string, firstLine: firstLine, line: line, depth: depth)
            settings.append(WrittenSetting(name: name.string, value: value, line: line))
        }
        return settings
    }

    private static func value(
        of node: Node, name: String, firstLine: Int, line: Int, depth: Int
    ) throws(WritingMistake) -> WrittenValue {
        switch node {
        case .scalar(let scalar):
            return isNothing(scalar) ? .nothing : .text(scalar.string)
        case .sequence(let sequence):
            var texts: [String] = []
            for element in sequence {
                guard case .scalar(let scalar) = element else {
                    throw WritingMistake(
                        "\(WritingMistake.quoted(name)) must be a list of plain values", line: line)
                }
                texts.append(scalar.string)
            }
            return .list(texts)
        case .mapping(let mapping):
            guard depth < maximumDepth else {
                throw WritingMistake(
                    "\(WritingMistake.quoted(name)) holds tables within tables; nothing here does", line: line
                )
            }
            return .table(try settings(of: mapping, firstLine: firstLine, depth: depth + 1))
        case .alias:
            throw WritingMistake("\(WritingMistake.quoted(name)) must be written out", line: line)
        }
    }

    private static func isNothing(_ scalar: Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    private static func line(of node: Node, _ firstLine: Int) -> Int {
        firstLine + (node.mark?.line ?? 1) - 1
    }

    /// The line of the first alias of a text that has anchors too. A sign within a word, or before a blank, is none.
    private static func lineOfAlias(_ text: String) -> Int? {
        var line = 1
        var previous: UInt8 = 0x0A
        var (hasAnchor, lineOfAlias): (Bool, Int?) = (false, nil)
        var bytes = text.utf8.makeIterator()
        var byte = bytes.next()
        while let this = byte {
            let next = bytes.next()
            if let next, isWordByte(next) || next == UInt8(ascii: "-"), !isWordByte(previous) {
                if this == UInt8(ascii: "&") { hasAnchor = true }
                if this == UInt8(ascii: "*"), lineOfAlias == nil { lineOfAlias = line }
            }
            if this == 0x0A { line += 1 }
            previous = this
            byte = next
        }
        return hasAnchor ? lineOfAlias : nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The parser's complaint, with the remedies of what people stumble over.
    private static func mistake(_ error: any Error, firstLine: Int) -> WritingMistake {
        func found(_ problem: String, _ context: YamlError.Context?, _ mark: Mark) -> WritingMistake {
            let all = problem + (context?.text ?? "")
            let remedy =
                if all.contains("alias") || all.contains("anchor") {
                    "a value that begins with * or & must stand in quotes"
                } else if all.contains("cannot start any token") || all.contains("quoted scalar")
                    || all.contains("flow") || all.contains("mapping values are not allowed")
                {
                    "put the value in quotes if it is text"
                } else {
                    "write each setting as 'name: value'"
                }
            return WritingMistake(
                "this cannot be read as YAML (\(problem)); \(remedy)", line: firstLine + mark.line - 1)
        }
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            return found(problem, context, mark)
        case .duplicatedKeysInMapping(let names, let context):
            return WritingMistake(
                "\(WritingMistake.quoted(names.first ?? "a setting")) stands more than once",
                line: firstLine + context.mark.line - 1)
        case .reader(let problem, let offset, _, let yaml):
            let line = offset.map { yaml.prefix($0).count { $0.isNewline } }
            return WritingMistake(
                "this cannot be read as YAML (\(problem))", line: line.map { firstLine + $0 })
        default: return WritingMistake("this cannot be read as YAML")
        }
    }
}
