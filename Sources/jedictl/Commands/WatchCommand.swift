import ArgumentParser
import ControlAPI

/// `jedictl watch`: status, kept up to date.
struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Keep showing what is under way, what waits and what was done, until Ctrl-C.",
        discussion: """
            On a terminal the whole screen is used. Into a file or a pipe goes a line for each thing that changes; \
            with --json each line is an object.
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        // A daemon that was never there is an error; one that goes is waited for.
        let first = try connection.ask { client throws(ControlError) in try client.status() }
        if Terminal.isScreen, !connection.json { draw(first) } else { try tell(first) }
    }

    private static let interval: UInt32 = 500

    private func draw(_ first: StatusReport) -> Never {
        Terminal.enterScreen()
        var report: Result<StatusReport, ControlError> = .success(first)
        while true {
            let screen = WatchScreen(style: Terminal.style, rows: Terminal.size.rows)
            switch report {
            case .success(let report): Terminal.draw(screen.lines(report))
            case .failure(let error): Terminal.draw(screen.lines(for: error))
            }
            Terminal.pause(milliseconds: Self.interval)
            report = Result { () throws(ControlError) in try connection.client.status() }
        }
    }

    private func tell(_ first: StatusReport) throws -> Never {
        var log = WatchLog()
        var report: StatusReport? = first
        var isLost = false
        while true {
            if let report {
                for change in log.changes(to: report) { try print(change) }
            }
            Terminal.pause(milliseconds: Self.interval)
            do throws(ControlError) {
                report = try connection.client.status()
                isLost = false
            } catch {
                report = nil
                log.forget()
                if !isLost { Terminal.complain("jedictl: \(error) Waiting for it.") }
                isLost = true
            }
        }
    }

    private func print(_ change: WatchChange) throws {
        Terminal.print(
            connection.json
                ? try JSONText.line(change)
                : "\(Words.localTime(change.at))  \(TextStyle.safe(change.text))\n")
    }
}
