import ArgumentParser
import Logging
import SubjectDaemon

/// `jedid worker`: the process that holds the model, for the daemon at the other end of its standard streams.
struct WorkerSubcommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Make pictures for the daemon that starts this.",
        shouldDisplay: false)

    @OptionGroup var model: ModelOptions

    /// What the daemon starts a worker with; a mistake in its own options is refused here already.
    static func arguments(for model: ModelOptions) throws -> [String] {
        let configuration = try model.configuration()
        return [
            "worker", "--model", try model.folder(), "--precision", configuration.precision.rawValue,
            "--threads", "\(configuration.threads)",
        ]
    }

    func run() async throws {
        LoggingSystem.bootstrap { _ in PlainLogHandler() }
        await WorkerService(
            DiffusionEngine(model: try model.folder(), configuration: try model.configuration())
        ).run()
    }
}
