import ArgumentParser
import ControlAPI

/// `jedictl config`: what is configured.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show what is configured and where each value comes from, or have it read again.",
        subcommands: [Show.self, Reload.self], defaultSubcommand: Show.self)

    /// `jedictl config show`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what differs from the defaults; with --effective every value that holds.")

        @Flag(name: .long, help: "Show every value that holds, the defaults included.")
        var effective = false

        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let report = try connection.ask { client throws(ControlError) in try client.configuration() }
            try connection.show(report) { ReportText(style: $0).configuration(report, all: effective) }
        }
    }

    /// `jedictl config reload`
    struct Reload: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have the daemon read its configuration again; a bad file changes nothing.",
            discussion: "Ends with 1 when the file was refused.")

        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let report = try connection.ask { client throws(ControlError) in
                try client.configuration(reload: true)
            }
            try connection.show(report) { ReportText(style: $0).configuration(report, all: false) }
            if report.problem != nil { throw ExitCode.failure }
        }
    }
}
