import ArgumentParser
import ControlAPI

/// `jedictl status`: how the daemon, its subjects and its jobs are.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the daemon, every subject, the job under way, what waits and what was done last.")

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.ask { client throws(ControlError) in try client.status() }
        try connection.show(report) { StatusText(style: $0).text(report) }
    }
}
