import SeededFaults

/// The counts, as the README shows them.
struct FaultTable {
    private var rows: [[String]] = []
    private var total = Census()
    private var failures = 0
    private(set) var lastLine = ""

    var isClean: Bool { total.isClean && failures == 0 }

    mutating func add(_ name: String, _ outcome: Scenario.Outcome) {
        if let reason = outcome.skipped {
            rows.append([name, "not done: \(reason)", "", "", "", "", "", ""])
            lastLine = "Not done: \(reason)."
            return
        }
        let census = outcome.census
        total = total + census
        rows.append([name, outcome.deed, String(census.made)] + Self.counts(census))
        lastLine = "\(outcome.deed); \(census.made) pictures."
        for (what, list) in Self.faults(census) where !list.isEmpty {
            lastLine += "\n  \(what): \(list.count)" + list.prefix(10).map { "\n    \($0)" }.joined()
        }
        if !census.told.isEmpty {
            lastLine += "\n  told of by the queue: \(census.told.count), as \(census.told[0])"
        }
    }

    mutating func add(_ name: String, failure: String) {
        failures += 1
        rows.append([name, "**not carried through**: \(failure)", "", "", "", "", "", ""])
        lastLine = "Not carried through: \(failure)"
    }

    private static func faults(_ census: Census) -> [(String, [String])] {
        [
            ("jobs lost", census.jobsLost), ("done twice", census.doneTwice),
            ("user's files changed", census.filesChanged), ("partial outputs", census.partialOutputs),
            ("daemon deaths", census.daemonDeaths),
        ]
    }

    private static func counts(_ census: Census) -> [String] { faults(census).map { String($0.1.count) } }

    /// In Markdown.
    var text: String {
        let head = ["fault", "how often", "pictures"] + Self.faults(total).map(\.0)
        let all = rows + [["all", "", String(total.made)] + Self.counts(total)]
        return ([head, head.map { _ in "---" }] + all).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}
