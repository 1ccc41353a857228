/// The JSON header of a safetensors file, read strictly: what the format does not allow is refused with
/// its place, a key that appears twice included.
struct SafetensorsHeader {
    /// One tensor as the header describes it; nothing is checked against the data yet.
    struct Entry {
        var elementType = ""
        var shape: [Int] = []
        /// First byte in the data, and the one after the last.
        var offsets: [Int] = []
    }

    /// What is wrong, and with which tensor, if it is one.
    struct Failure: Error {
        var tensor: String?
        let reason: String
    }

    private(set) var metadata: [String: String] = [:]
    private(set) var entries: [String: Entry] = [:]
    private var scanner: Scanner

    init(json: UnsafeRawBufferPointer) throws(Failure) {
        scanner = Scanner(bytes: json)
        var hasMetadata = false
        try forEachMember { (header, key) throws(Failure) in
            if key == "__metadata__" {
                guard !hasMetadata else { throw Failure(reason: "'\(key)' appears twice") }
                hasMetadata = true
                try header.readMetadata()
            } else {
                guard header.entries[key] == nil else {
                    throw Failure(tensor: key, reason: "it appears twice")
                }
                do throws(Failure) {
                    header.entries[key] = try header.readEntry()
                } catch {
                    throw Failure(tensor: key, reason: error.reason)
                }
            }
        }
        try scanner.expectEnd()
    }

    private mutating func readMetadata() throws(Failure) {
        try forEachMember { (header, key) throws(Failure) in
            guard header.metadata.updateValue(try header.scanner.string(), forKey: key) == nil else {
                throw Failure(reason: "'\(key)' appears twice in its metadata")
            }
        }
    }

    private mutating func readEntry() throws(Failure) -> Entry {
        var entry = Entry()
        var seen: Set<String> = []
        try forEachMember { (header, key) throws(Failure) in
            guard seen.insert(key).inserted else { throw Failure(reason: "'\(key)' appears twice") }
            switch key {
            case "dtype": entry.elementType = try header.scanner.string()
            case "shape": entry.shape = try header.scanner.integers()
            case "data_offsets": entry.offsets = try header.scanner.integers()
            default: throw Failure(reason: "'\(key)' is unknown")
            }
        }
        for key in ["dtype", "shape", "data_offsets"] where !seen.contains(key) {
            throw Failure(reason: "'\(key)' is missing")
        }
        return entry
    }

    /// Walks over one object; `read` takes the value that follows the key.
    private mutating func forEachMember(
        _ read: (_ header: inout SafetensorsHeader, _ key: String) throws(Failure) -> Void
    ) throws(Failure) {
        try scanner.expect("{")
        if scanner.take("}") { return }
        repeat {
            let key = try scanner.string()
            try scanner.expect(":")
            try read(&self, key)
        } while scanner.take(",")
        try scanner.expect("}")
    }
}

extension SafetensorsHeader {
    /// The few kinds of JSON values that a header is made of.
    struct Scanner {
        let bytes: UnsafeRawBufferPointer
        private var position = 0

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        private func failure(_ expected: String) -> Failure {
            Failure(reason: "\(expected) was expected at byte \(8 + position)")
        }

        private mutating func skipBlanks() {
            while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
        }

        /// Whether `character` comes next; if so, it is passed.
        mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipBlanks()
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
            guard take(character) else { throw failure("'\(character)'") }
        }

        mutating func expectEnd() throws(Failure) {
            skipBlanks()
            guard position == bytes.count else { throw failure("the header's end") }
        }

        mutating func integers() throws(Failure) -> [Int] {
            try expect("[")
            var numbers: [Int] = []
            if take("]") { return numbers }
            repeat { numbers.append(try integer()) } while take(",")
            try expect("]")
            return numbers
        }

        private mutating func integer() throws(Failure) -> Int {
            skipBlanks()
            let start = position
            if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
            while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
            let text = String(decoding: bytes[start..<position], as: UTF8.self)
            guard let number = Int(text) else {
                position = start
                throw failure(text.isEmpty ? "an integer" : "an integer of 64 bits")
            }
            return number
        }

        mutating func string() throws(Failure) -> String {
            guard take("\"") else { throw failure("a string") }
            var text: [UInt8] = []
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                switch byte {
                case UInt8(ascii: "\""):
                    guard let string = String(validating: text, as: UTF8.self) else {
                        throw failure("a string in UTF-8")
                    }
                    return string
                case UInt8(ascii: "\\"): text.append(contentsOf: String(try escaped()).utf8)
                case 0..<0x20: throw failure("a string without control characters")
                default: text.append(byte)
                }
            }
            throw failure("'\"'")
        }

        /// What follows a backslash.
        private mutating func escaped() throws(Failure) -> Unicode.Scalar {
            guard position < bytes.count else { throw failure("'\"'") }
            position += 1
            switch bytes[position - 1] {
            case UInt8(ascii: "\""): return "\""
            case UInt8(ascii: "\\"): return "\\"
            case UInt8(ascii: "/"): return "/"
            case UInt8(ascii: "b"): return "\u{8}"
            case UInt8(ascii: "f"): return "\u{c}"
            case UInt8(ascii: "n"): return "\n"
            case UInt8(ascii: "r"): return "\r"
            case UInt8(ascii: "t"): return "\t"
            case UInt8(ascii: "u"): break
            default: throw failure("an escape of JSON")
            }
            let first = try codeUnit()
            guard (0xd800..<0xdc00).contains(first) else {
                guard let scalar = Unicode.Scalar(first) else { throw failure("a Unicode character") }
                return scalar
            }
            guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                bytes[position + 1] == UInt8(ascii: "u")
            else { throw failure("the second half of a surrogate pair") }
            position += 2
            let second = try codeUnit()
            guard (0xdc00..<0xe000).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
            else { throw failure("the second half of a surrogate pair") }
            return scalar
        }

        /// Four hexadecimal digits.
        private mutating func codeUnit() throws(Failure) -> UInt32 {
            guard position + 4 <= bytes.count else { throw failure("four hexadecimal digits") }
            var value: UInt32 = 0
            for byte in bytes[position..<position + 4] {
                guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                    throw failure("four hexadecimal digits")
                }
                value = value << 4 + UInt32(digit)
            }
            position += 4
            return value
        }
    }
}
