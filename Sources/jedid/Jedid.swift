import ArgumentParser
import ControlAPI
import Tensors

/// Makes personalised pictures, as a daemon or one at a time.
@main
struct Jedid: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jedid",
        abstract: "JeDi at home: pictures of your own subjects, made on your own machine.",
        version: ProductVersion.current,
        subcommands: [
            RunCommand.self, GenerateCommand.self, BenchmarkCommand.self, CheckModelCommand.self,
            WorkerSubcommand.self,
        ])

    static func main() async {
        // The worker is started with it.
        if ["generate", "benchmark"].contains(CommandLine.arguments.dropFirst().first) { WaitPolicy.apply() }
        await main(nil)
    }
}
