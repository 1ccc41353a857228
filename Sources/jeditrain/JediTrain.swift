import ArgumentParser
import ControlAPI

/// Makes what models learn from.
@main
struct JediTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jeditrain",
        abstract: "Synthetic subjects for training JeDi models.",
        version: ProductVersion.current,
        subcommands: [ToyboxCommand.self])
}
