import ArgumentParser
import ControlAPI

/// `jedictl retention`: removes pictures as the rules say.
struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Remove pictures as the retention rules of the configuration say.",
        discussion: """
            Only pictures that jedid made are removed, never what a person put there, and nothing in a folder 'keep'. \
            Without rules in the configuration nothing is removed.
            """)

    @Flag(name: .long, help: "Only tell which pictures would be removed.")
    var dryRun = false

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let report = try connection.ask(patience: 600) { client throws(ControlError) in
            try client.retention(dryRun: dryRun)
        }
        try connection.show(report) { ReportText(style: $0).retention(report) }
    }
}
