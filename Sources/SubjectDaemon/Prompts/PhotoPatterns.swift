/// Finds the photos that a prompt names.
enum PhotoPatterns {
    /// The names that the patterns mean, each once, in the patterns' order, and the patterns that mean none.
    ///
    /// Capital and small letters are told apart unless that leaves nothing.
    static func find(_ patterns: [String], among names: [String]) -> (found: [String], missing: [String]) {
        var found: [String] = []
        var missing: [String] = []
        var taken: Set<String> = []
        for pattern in patterns {
            var matching = matches(of: pattern, among: names) { $0 }
            if matching.isEmpty { matching = matches(of: pattern, among: names) { $0.lowercased() } }
            if matching.isEmpty { missing.append(pattern) }
            for name in matching where taken.insert(name).inserted { found.append(name) }
        }
        return (found, missing)
    }

    private static func matches(
        of pattern: String, among names: [String], _ form: (String) -> String
    ) -> [String] {
        let glob = GlobPattern(form(pattern))
        // A name with a star in it is meant before others.
        return names.contains(pattern) ? [pattern] : names.filter { glob.matches(form($0)) }
    }

    /// What to tell the writer of a line that names photos which are not there, as a sentence without its end.
    static func problem(missing: [String], among names: [String], what: String = "photo") -> String {
        let asked = missing.prefix(5).map(WritingMistake.quoted).joined(separator: " or ")
        let more = names.count > 10 ? " and \(names.count - 10) more" : ""
        let there = names.prefix(10).map(PlainLogHandler.oneLine).joined(separator: ", ") + more
        return "no \(what) that can be used here is called \(asked); "
            + (names.isEmpty ? "there is none" : "there are \(there)")
    }
}
