/// Cuts what a program says into lines, however much it says without an end.
struct LineCutter {
    /// The longest line that is passed on, in bytes; the rest of a longer one is left out.
    static let limit = 2000

    private var line: [UInt8] = []

    /// The lines that these bytes end.
    mutating func take(_ bytes: some Sequence<UInt8>) -> [String] {
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if let line = rest() { lines.append(line) }
            } else if line.count < Self.limit {
                line.append(byte)
            }
        }
        return lines
    }

    /// What has no end yet, if there is something.
    mutating func rest() -> String? {
        defer { line.removeAll() }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }
}

/// Lets so many lines pass in a while, and counts those that do not.
struct LineBudget {
    private let count: Int
    private let interval: Duration
    private var began: Duration?
    private var passed = 0
    private var withheld = 0

    init(_ count: Int, in interval: Duration) {
        self.count = count
        self.interval = interval
    }

    /// What to say in the place of this line.
    mutating func lines(for line: String, at now: Duration) -> [String] {
        var lines: [String] = []
        if began.map({ now - $0 >= interval }) ?? true {
            if withheld > 0 { lines.append("(\(withheld) more lines were left out)") }
            (began, passed, withheld) = (now, 0, 0)
        }
        if passed < count {
            passed += 1
            lines.append(line)
        } else {
            withheld += 1
        }
        return lines
    }
}
