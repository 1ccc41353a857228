import ArgumentParser
import ControlAPI

/// `jedictl prioritize`: gives jobs another priority.
struct PrioritizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prioritize",
        abstract: "Give jobs that wait another priority: among all that waits the highest is next.")

    @OptionGroup var jobs: JobArguments

    @Option(
        name: .long, help: "The priority, from -100 to 100; a job has 0 unless its prompt says otherwise.")
    var priority: Int

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (-100...100).contains(priority) else {
            throw ValidationError("--priority must be from -100 to 100.")
        }
    }

    func run() throws {
        let report = try connection.ask { client throws(ControlError) in
            try client.prioritize(jobs.selection, priority)
        }
        try connection.show(report) { JobsText(style: $0).outcome("Gave priority \(priority) to", report) }
    }
}
