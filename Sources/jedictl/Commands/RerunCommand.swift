import ArgumentParser
import ControlAPI

/// `jedictl rerun`: makes pictures once more.
struct RerunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rerun",
        abstract: "Make pictures that were made already once more, beside the first ones.",
        discussion: """
            Without --new-seed the noise is the same and so is the picture, unless the model has changed since.
            """)

    @OptionGroup var jobs: JobArguments

    @Flag(name: .long, help: "With other noise, and so to other pictures.")
    var newSeed = false

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.ask { client throws(ControlError) in
            try client.rerun(jobs.selection, newSeed: newSeed)
        }
        try connection.show(report) { JobsText(style: $0).outcome("Put into the queue", report) }
    }
}
