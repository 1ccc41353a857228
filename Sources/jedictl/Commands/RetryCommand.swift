import ArgumentParser
import ControlAPI

/// `jedictl retry`: tries jobs again.
struct RetryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Put jobs that failed, are held or were taken back into the queue again.")

    @OptionGroup var jobs: JobArguments

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.ask { client throws(ControlError) in try client.retry(jobs.selection) }
        try connection.show(report) { JobsText(style: $0).outcome("Will try again", report) }
    }
}
