import ArgumentParser
import ControlAPI

/// `jedictl resume`: lets the queue go on.
struct ResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Go on after 'jedictl pause'.")

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.ask { client throws(ControlError) in try client.setPaused(false) }
        try connection.show(report) { _ in
            "Goes on.\n"
        }
    }
}
