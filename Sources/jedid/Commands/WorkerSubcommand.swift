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
    @Option(help: "Where what photos leave behind in the model is kept.") var keysValues: String?
    @Option(help: "What it may take there, in bytes.") var keysValuesBytes: Int64 = 0
    @Option(help: "What is left free on the disk beside what is kept, in bytes.")
    var leaveFree = BudgetedFolder.usualLeftFree
    @OptionGroup var packedWeights: PackedWeightOptions
    @Option(help: "The file that remembers models' hashes.") var modelHashes: String?
    @Option(help: "The tiny decoder that makes previews.") var previewVae: String?

    /// What the daemon starts a worker with.
    static func command(for settings: EngineSettings) -> WorkerCommand {
        var arguments = [
            "worker", "--model", settings.model, "--precision", settings.precision.rawValue,
            "--threads", "\(settings.cpu.threads)",
        ]
        for adapter in settings.adapters { arguments += ["--lora", "\(adapter)"] }
        for embedding in settings.embeddings { arguments += ["--embedding", "\(embedding)"] }
        if let autoencoder = settings.autoencoder { arguments += ["--vae", autoencoder] }
        if let decoder = settings.previewDecoder { arguments += ["--preview-vae", decoder] }
        if let place = settings.keysValues {
            arguments += ["--keys-values", place.folder, "--keys-values-bytes", "\(place.bytes)"]
            arguments += ["--leave-free", "\(place.leftFree)"]
        }
        if let place = settings.packedWeights {
            arguments += ["--packed-weights", place.folder, "--packed-weights-bytes", "\(place.bytes)"]
        }
        if let file = settings.hashes { arguments += ["--model-hashes", file] }
        return .own(arguments, environment: WaitPolicy.environment)
    }

    func run() async throws {
        LoggingSystem.bootstrap { _ in PlainLogHandler() }
        await WorkerService(
            DiffusionEngine(
                model: try additions.source(try model.folder()), configuration: try model.configuration(),
                keysValues: keysValues.map {
                    EngineCachePlace(folder: $0, bytes: keysValuesBytes, leftFree: leaveFree)
                },
                packedWeights: packedWeights.place(leftFree: leaveFree), hashes: modelHashes,
                previewDecoder: previewVae)
        ).run()
    }
}
