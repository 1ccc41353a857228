import ArgumentParser
import ControlAPI

/// `jedictl cancel`: takes jobs back.
struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Take back jobs that wait, are under way or are held.",
        discussion: """
            A job under way ends at its next step. 'jedictl retry' puts a job that was taken back into the queue again.
            """)

    @OptionGroup var jobs: JobArguments

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.ask { client throws(ControlError) in try client.cancel(jobs.selection) }
        try connection.show(report) { JobsText(style: $0).outcome("Took back", report) }
    }
}
