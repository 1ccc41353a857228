/// Lengths of time as people write them: `2 s`, `500 ms`, `1h 30min`, `90 days`.
enum DurationText {
    private static let units: [(names: [String], milliseconds: Int64)] = [
        (["ms", "millisecond", "milliseconds"], 1),
        (["s", "sec", "secs", "second", "seconds"], 1000),
        (["min", "m", "mins", "minute", "minutes"], 60_000),
        (["h", "hour", "hours", "hr"], 3_600_000),
        (["d", "day", "days"], 86_400_000),
        (["weeks", "week", "w"], 604_800_000),
    ]

    /// What the text means; nil if it means no length of time. A number needs its unit.
    static func parse(_ text: String) -> Duration? {
        guard text.utf8.count <= 60 else { return nil }
        var rest = Substring(text.lowercased().filter { !$0.isWhitespace })
        var milliseconds = 0.0
        guard !rest.isEmpty else { return nil }
        if rest == "0" { return .zero }
        while !rest.isEmpty {
            let digits = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            rest.removeFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest.removeFirst(unit.count)
            guard let number = Double(digits),
                let factor = units.first(where: { $0.names.contains(String(unit)) })?.milliseconds
            else { return nil }
            milliseconds += number * Double(factor)
        }
        guard milliseconds <= 1e14 else { return nil }
        return .milliseconds(Int64(milliseconds.rounded()))
    }

    /// The same in the largest unit that says it without a fraction.
    static func text(_ duration: Duration) -> String {
        let milliseconds = duration.nanoseconds / 1_000_000
        let fitting = units.dropLast().last {
            milliseconds != 0 && milliseconds.isMultiple(of: $0.milliseconds)
        }
        let unit = fitting ?? units[milliseconds == 0 ? 1 : 0]
        return "\(milliseconds / unit.milliseconds) \(unit.names[0])"
    }
}
