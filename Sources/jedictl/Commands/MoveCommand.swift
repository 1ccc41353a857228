import ArgumentParser
import ControlAPI

/// `jedictl move`: puts a job somewhere else in the queue.
struct MoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Put a job that waits somewhere else in the queue.")

    @Argument(help: "The job, by its id or the beginning of it.", completion: Completions.jobs)
    var id: String

    @Flag(name: .long, help: "Before all others.")
    var first = false

    @Flag(name: .long, help: "After all others.")
    var last = false

    @Option(name: .long, help: "Just before that job.", completion: Completions.jobs)
    var before: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard [first, last, before != nil].count(where: { $0 }) == 1 else {
            throw ValidationError("Say where to: --first, --last or --before JOB.")
        }
    }

    func run() throws {
        let place: QueuePlace = before.map { .before($0) } ?? (first ? .first : .last)
        let report = try connection.ask { client throws(ControlError) in try client.move(id, to: place) }
        try connection.show(report) { JobsText(style: $0).outcome("Moved", report) }
    }
}
