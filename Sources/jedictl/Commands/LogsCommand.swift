import ArgumentParser
import ControlAPI

/// `jedictl logs`: what the daemon said last.
struct LogsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what the daemon logged last; it keeps its last 1000 lines at hand.",
        discussion: "A service's older lines are in the system's journal: journalctl -u jedid")

    @Flag(name: .shortAndLong, help: "Go on showing what is logged, until Ctrl-C.")
    var follow = false

    @Option(name: [.customShort("n"), .long], help: "How many lines to show at first.")
    var lines: Int = 50

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...1000).contains(lines) else {
            throw ValidationError("--lines must be from 1 to 1000.")
        }
    }

    func run() throws {
        var report = try connection.ask { client throws(ControlError) in
            try client.logs(LogQuery(limit: lines))
        }
        guard follow else {
            try connection.show(report) { style in
                report.lines.map { ReportText(style: style).log($0) }.joined()
            }
            if let older = report.older, !connection.json { Terminal.hint("Older lines: \(older)") }
            return
        }
        while true {
            for line in report.lines {
                Terminal.print(
                    connection.json
                        ? try JSONText.line(LogChange(pid: report.pid, line: line))
                        : ReportText(style: Terminal.style).log(line))
            }
            Terminal.pause(milliseconds: 500)
            report = next(after: report)
        }
    }

    /// What came since. A daemon that is restarted is waited for.
    private func next(after report: LogReport) -> LogReport {
        var empty = report
        empty.lines = []
        guard let next = try? connection.client.logs(LogQuery(after: report.last, limit: 1000)) else {
            return empty
        }
        guard next.pid == report.pid else {
            return (try? connection.client.logs(LogQuery(limit: 1000))) ?? empty
        }
        return next
    }
}

/// A line for programs that follow.
struct LogChange: Codable, Equatable {
    /// The same form as in ``LogReport``, one line at a time.
    var schema = "jedi.log-line/1"
    /// The daemon's process.
    var pid: Int32
    /// The line.
    var line: LogReport.Line
}
