import Foundation
import JointDiffusion
import Tensors

/// A model on a tape, as a configuration asks for it.
///
/// All of it lives on the tape, what is frozen too: the tape's products depend on nothing that happened before, so that
/// a resumed run computes the same bits as one that was never interrupted.
public final class Trainee {
    public let configuration: TrainingConfiguration
    public let tape: GradientTape
    public let vae: any ImageAutoencoder
    /// Both nil while a VAE is trained.
    public let textEncoder: CLIPTextEncoder?
    public let unet: UNet?
    public let tokenizer: CLIPTokenizer
    public let scheduler: SchedulerConfiguration
    /// Pixels of an image.
    public let width, height: Int
    /// What is trained, as `<component>/<key>`.
    public let parameters: [(name: String, tensor: Tensor)]
    /// All weights of the components that are trained or adapted, as `<component>/<key>`.
    private let weights: [(name: String, tensor: Tensor)]

    public init(_ configuration: TrainingConfiguration, pulse: Pulse? = nil) throws {
        self.configuration = configuration
        let machine = CPUConfiguration(
            threads: configuration.threads == 0 ? nil : configuration.threads,
            precision: configuration.precision)
        guard machine.supports(configuration.precision) else {
            throw TrainingError.contradiction(
                file: "the configuration",
                reason:
                    "'precision: \(configuration.precision.rawValue)' needs oneDNN and a processor with AVX-512 BF16; "
                    + "leave it out here")
        }
        let tape = GradientTape(CPUBackend(machine, pulse: pulse))
        self.tape = tape
        let folder = configuration.model
        tokenizer = try CLIPTokenizer(directory: URL(fileURLWithPath: "\(folder)/tokenizer"))
        scheduler = try SchedulerConfiguration(
            file: URL(fileURLWithPath: "\(folder)/scheduler/scheduler_config.json"))

        var trained: [(name: String, tensor: Tensor)] = []
        var weights: [(name: String, tensor: Tensor)] = []
        /// Builds a component from the checkpoint or from random numbers.
        func build<Model>(
            _ component: TrainingConfiguration.Component,
            open: (String, any Backend) throws -> ComponentCheckpoint,
            source: (ComponentCheckpoint) -> any ParameterSource = { $0 },
            make: (ParameterScope, ComponentCheckpoint?) throws -> Model
        ) throws -> Model {
            let isFromScratch = configuration.fromScratch.contains(component)
            let isTrained = configuration.train.contains(component) && configuration.loraRank == 0
            let checkpoint = isFromScratch ? nil : try open("\(folder)/\(component.rawValue)", tape.base)
            let initialiser = ParameterInitialiser(seed: UInt64(configuration.seed), on: tape.base)
            let stored = checkpoint.map {
                RenewedParameters(source($0), from: initialiser) {
                    configuration.isRenewed("\(component.rawValue)/\($0)")
                }
            }
            let parameters = TrainedParameters(
                stored ?? initialiser, on: tape,
                isTrained: { isTrained && !configuration.isFrozen("\(component.rawValue)/\($0)") })
            let model = try make(ParameterScope(parameters), checkpoint)
            try checkpoint?.finish()
            guard configuration.train.contains(component) else { return model }
            let own = parameters.all.map { (name: "\(component.rawValue)/\($0.name)", tensor: $0.tensor) }
            weights += own
            trained +=
                isTrained
                ? own.filter { !configuration.isFrozen($0.name) }
                : LowRankAdapters(
                    of: own, rank: configuration.loraRank, scale: configuration.loraScale,
                    seed: UInt64(configuration.seed), on: tape
                ).parameters
            return model
        }

        vae = try build(.vae, open: Autoencoders.checkpoint) { scope, checkpoint in
            try Autoencoders.make(ConfigFile(path: "\(folder)/vae/config.json"), scope) {
                checkpoint?.storedShape(of: $0)?.rank == 4
            }
        }
        var unetConfiguration = try UNetConfiguration(ConfigFile(path: "\(folder)/unet/config.json"))
        let latents = unetConfiguration.outChannels
        if configuration.knownChannels, unetConfiguration.inChannels == latents {
            unetConfiguration.inChannels = 2 * latents + 1
        }
        width = configuration.width > 0 ? configuration.width : unetConfiguration.sampleWidth * vae.downscale
        height =
            configuration.height > 0 ? configuration.height : unetConfiguration.sampleHeight * vae.downscale
        if configuration.train == [.vae] {
            (textEncoder, unet) = (nil, nil)
        } else {
            textEncoder = try build(.textEncoder, open: CLIPTextEncoder.checkpoint) { scope, _ in
                try CLIPTextEncoder(
                    CLIPTextEncoder.Configuration(ConfigFile(path: "\(folder)/text_encoder/config.json")),
                    scope)
            }
            unet = try build(
                .unet, open: UNet.checkpoint, source: { WidenedInput($0, on: tape.base) }
            ) { scope, _ in try UNet(unetConfiguration, scope) }
        }
        for extent in [width, height] where extent % vae.downscale != 0 {
            throw TrainingError.contradiction(
                file: "the configuration",
                reason:
                    "'width' and 'height' must be multiples of \(vae.downscale), what the VAE makes smaller")
        }
        for (setting, prefixes) in [("freeze", configuration.freeze), ("renew", configuration.renew)] {
            for prefix in prefixes where !weights.contains(where: { $0.name.hasPrefix(prefix) }) {
                throw TrainingError.contradiction(
                    file: "the configuration",
                    reason:
                        "'\(setting)' names \(prefix), which begins no trained parameter's name, as vae/encoder does"
                )
            }
        }
        parameters = trained
        self.weights = weights
    }

    /// The weights of all components that are trained, when the trained parameters are these: frozen ones are the
    /// checkpoint's; with LoRA, what the checkpoint holds and what the adapters add to it.
    func weights(with parameters: [(name: String, tensor: Tensor)]) -> [(name: String, tensor: Tensor)] {
        let trained = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.tensor) })
        guard configuration.loraRank > 0 else {
            return weights.map { ($0.name, trained[$0.name] ?? $0.tensor) }
        }
        return LowRankAdapters.merged(
            weights, adapters: trained,
            rank: configuration.loraRank, scale: configuration.loraScale, on: tape.base)
    }

    /// Where latents of images that come again are kept: the first process's in the file, the others' in memory.
    func latentStore(of group: ProcessGroup) throws -> LatentStore {
        guard unet != nil, !configuration.latents.isEmpty, group.isFirst else { return LatentStore() }
        let pixels = (width / vae.downscale) * (height / vae.downscale)
        return try LatentStore(
            file: configuration.latents,
            of: LatentStore.Description(
                vae: ModelHash.compute(autoencoder: "\(configuration.model)/vae"), width: width,
                height: height,
                pixels: pixels, channels: vae.latentChannels))
    }

    /// The objective of a diffusion run; nil while a VAE is trained.
    var objective: DiffusionObjective? {
        guard let unet, let textEncoder else { return nil }
        return DiffusionObjective(
            unet: unet, textEncoder: textEncoder, scheduler: scheduler, settings: configuration.objective,
            on: tape)
    }
}
