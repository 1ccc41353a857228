import ControlAPI

/// What `jedictl watch` draws: as much of the report as the terminal has rows for. Pure.
struct WatchScreen {
    let style: TextStyle
    /// The terminal's rows.
    let rows: Int

    /// The lines from the top. What is under way comes first, what waits and what was done share the rest.
    func lines(_ report: StatusReport) -> [String] {
        let text = StatusText(style: style)
        var sections = [text.daemon(report)]
        if let paused = report.paused {
            sections.append([style("Paused: " + TextStyle.safe(paused), .attention)])
        }
        if let running = report.running { sections.append(text.now(running)) }
        if report.waitingCount > 0 { sections.append(text.waiting(report)) }
        let troubled = report.subjects.filter(\.needsAttention)
        if !troubled.isEmpty {
            var shown = report
            shown.subjects = troubled
            sections.append([style("Needs attention", .heading)] + text.subjects(shown).dropFirst())
        }
        if !report.recent.isEmpty { sections.append(text.recent(report)) }
        return fitted(sections, quietLine: style("Ctrl-C ends this.", .quiet))
    }

    /// Shown while the daemon does not answer.
    func lines(for error: ControlError) -> [String] {
        [style("jedid does not answer; tried again twice a second.", .attention), TextStyle.safe("\(error)")]
    }

    /// Cuts sections from below until they fit, but leaves each its heading and a line as long as possible.
    private func fitted(_ sections: [[String]], quietLine: String) -> [String] {
        var sections = sections
        let room = rows - 1 - (sections.count - 1) - 2
        while sections.reduce(0, { $0 + $1.count }) > room {
            let longest = sections.indices.dropFirst().max { sections[$0].count < sections[$1].count }
            guard let longest, sections[longest].count > 2 else { break }
            sections[longest].removeLast()
        }
        let lines = Array(sections.joined(separator: [""])) + ["", quietLine]
        return Array(lines.prefix(max(rows - 1, 1)))
    }
}

extension SubjectStatus {
    /// Whether a person has to do something for it to go on.
    var needsAttention: Bool {
        switch state {
        case .waitingForPhotos, .promptProblem, .unavailable: true
        default: !photosRejected.isEmpty
        }
    }
}
