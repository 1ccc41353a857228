import ArgumentParser
import ControlAPI

/// Asks a running jedid and tells it what to do.
@main
struct Jedictl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jedictl",
        abstract: "Speaks to jedid, the daemon of JeDi at home.",
        version: ProductVersion.current,
        subcommands: [StatusCommand.self])
}
