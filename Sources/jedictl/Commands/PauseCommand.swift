import ArgumentParser
import ControlAPI

/// `jedictl pause`: holds the queue.
struct PauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Begin no further picture until 'jedictl resume', also after a restart.")

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.ask { client throws(ControlError) in try client.setPaused(true) }
        try connection.show(report) { _ in
            "Paused. The picture under way stops at its next step and goes on after 'jedictl resume'.\n"
        }
    }
}
