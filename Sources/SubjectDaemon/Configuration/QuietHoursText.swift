/// Hours of the day as people write them: `22:00-07:00`, `13-14:30`.
enum QuietHoursText {
    static let allowed = "hours of the day, as \"22:00-07:00\", or a list of them"

    /// What the texts mean, each one or several with commas between them.
    static func parse(_ texts: [String]) throws(WritingMistake) -> [QuietHours] {
        var hours: [QuietHours] = []
        for text in texts.flatMap({ $0.split(separator: ",").map(String.init) }) {
            let parts = text.filter { !$0.isWhitespace }.split(omittingEmptySubsequences: false) {
                "-\u{2013}".contains($0)
            }
            guard parts.count == 2, let begin = minutes(parts[0]), let end = minutes(parts[1]),
                begin % 1440 != end % 1440
            else {
                throw WritingMistake("quiet_hours is \(WritingMistake.quoted(text)); it must be \(allowed)")
            }
            hours.append(QuietHours(begin: begin % 1440, end: end % 1440))
        }
        guard hours.count <= 24 else {
            throw WritingMistake("quiet_hours has \(hours.count) parts; at most 24 are taken")
        }
        return hours
    }

    /// `22:00-07:00, 13:00-14:00`
    static func text(_ hours: [QuietHours]) -> String {
        func clock(_ minutes: Int) -> String {
            func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            return two(minutes / 60) + ":" + two(minutes % 60)
        }
        return hours.map { clock($0.begin) + "-" + clock($0.end) }.joined(separator: ", ")
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count),
            parts.allSatisfy({ part in
                (1...2).contains(part.count) && part.allSatisfy { ("0"..."9").contains($0) }
            }),
            let hour = Int(parts[0]), (0...24).contains(hour)
        else { return nil }
        guard parts.count == 2 else { return hour * 60 }
        guard let minute = Int(parts[1]), (0...59).contains(minute), hour < 24 || minute == 0 else {
            return nil
        }
        return hour * 60 + minute
    }
}
