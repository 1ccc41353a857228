import ArgumentParser
import Logging
import SubjectDaemon
import Tensors

/// `jedid worker`: the process that holds the model, for the daemon at the other end of its standard streams.
struct WorkerSubcommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Make pictures for the daemon that starts this.",
        shouldDisplay: false)

    @OptionGroup var model: ModelOptions
    @OptionGroup var additions: ModelAdditions

    /// What the daemon starts a worker with.
    static func command(for settings: EngineSettings) -> WorkerCommand {
        .own(
            [
                "worker", "--model", settings.model, "--precision", settings.precision.rawValue,
                "--threads", "\(settings.cpu.threads)",
            ] + settings.adapters.flatMap { ["--lora", "\($0)"] }
                + settings.embeddings.flatMap { ["--embedding", "\($0)"] }
                + (settings.autoencoder.map { ["--vae", $0] } ?? []), environment: WaitPolicy.environment)
    }

    func run() async throws {
        LoggingSystem.bootstrap { _ in PlainLogHandler() }
        await WorkerService(
            DiffusionEngine(
                model: try additions.source(try model.folder()), configuration: try model.configuration())
        ).run()
    }
}
