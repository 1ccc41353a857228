import ArgumentParser
import ControlAPI

/// Makes models, and what they learn from.
@main
struct JediTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jeditrain",
        abstract: "Training of JeDi models.",
        version: ProductVersion.current,
        subcommands: [TrainCommand.self, ExportCommand.self, ScaleLatentsCommand.self])
}
