import ArgumentParser
import ControlAPI

/// Makes models, and what they learn from.
@main
struct JediTrain: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jeditrain",
        abstract: "Synthetic subjects, and training of JeDi models.",
        version: ProductVersion.current,
        subcommands: [
            ToyboxCommand.self, CollageCommand.self, TokenizerCommand.self, TrainCommand.self,
            ExportCommand.self, ScaleLatentsCommand.self, EvaluateCommand.self, JudgeCommand.self,
            EvaluateToyboxCommand.self,
        ])
}
