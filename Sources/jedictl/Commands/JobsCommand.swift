import ArgumentParser
import ControlAPI

/// `jedictl jobs`: what is under way, what waits and what has ended.
struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract:
            "List jobs: first those under way, then those that wait by their turn, then those that ended last."
    )

    @Argument(help: "Only jobs of that subject.", completion: Completions.subjects)
    var subject: String?

    @Option(
        name: .long,
        help: "Only jobs in that state; may be given several times.")
    var state: [JobStatus.State] = []

    @Option(name: [.customShort("n"), .long], help: "The most to list.")
    var limit: Int = 50

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...10_000).contains(limit) else {
            throw ValidationError("--limit must be from 1 to 10000.")
        }
    }

    func run() throws {
        let query = JobQuery(subject: subject, states: state, limit: limit)
        let report = try connection.ask { client throws(ControlError) in try client.jobs(query) }
        try connection.show(report) { JobsText(style: $0).table(report) }
    }
}

extension JobStatus.State: ExpressibleByArgument {
    public static var allValueStrings: [String] {
        ["queued", "running", "done", "failed", "held", "cancelled"]
    }
}
