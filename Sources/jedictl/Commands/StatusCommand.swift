import ArgumentParser
import ControlAPI
import FoundationEssentials

/// `jedictl status`: how the daemon, its subjects and its jobs are.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the daemon, every subject, the job under way, what waits and what was done last.",
        discussion: """
            Ends with 0 when the daemon answered, 3 when it is not running, 4 without permission, \
            5 when the versions do not fit, 6 when it did not answer in time, 1 otherwise.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Flag(name: .long, help: "Print JSON, in the form that its 'schema' field names.")
    var json = false

    func run() throws {
        let report: StatusReport
        do {
            report = try connection.client.status()
        } catch {
            Terminal.complain("jedictl: \(error)")
            throw ExitCode(error.exitCode)
        }
        if json {
            Terminal.print(try StatusJSON.text(report))
        } else {
            Terminal.print(StatusText(style: Terminal.style).text(report))
        }
    }
}

extension ControlError {
    /// What the process ends with.
    var exitCode: Int32 {
        switch self {
        case .notRunning: 3
        case .noPermission: 4
        case .versionSkew: 5
        case .timeout: 6
        case .refused, .malformed, .system: 1
        }
    }
}
