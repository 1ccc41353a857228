/// What the doctor found, for people.
struct DoctorText {
    /// How it is dressed.
    let style: TextStyle

    /// A line for each finding and one for each fix, the last line's end included.
    func text(_ report: DoctorReport) -> String {
        var table = TextTable()
        for finding in report.findings {
            table.add([
                mark(finding.state), .init(finding.check), .init(TextStyle.safe(finding.text)),
            ])
            if let fix = finding.fix { table.note(.init(TextStyle.safe("to mend: \(fix)"), .attention)) }
        }
        let bad = report.findings.count { $0.state == .bad }
        let warnings = report.findings.count { $0.state == .warning }
        let sum =
            bad > 0
            ? style("\(Words.count(bad, "thing")) to mend.", .bad)
            : warnings > 0
                ? style("It works; \(Words.count(warnings, "thing")) could be better.", .attention)
                : style("Nothing is wrong.", .good)
        return table.lines(style).joined(separator: "\n") + "\n\n\(sum)\n"
    }

    private func mark(_ state: Finding.State) -> TextTable.Cell {
        switch state {
        case .ok: .init("ok", .good)
        case .note: .init("note", .quiet)
        case .warning: .init("warning", .attention)
        case .bad: .init("bad", .bad)
        }
    }
}
