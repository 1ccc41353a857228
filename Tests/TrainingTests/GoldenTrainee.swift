import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Training

/// The model of a golden case on a tape, with its loss.
struct GoldenTrainee {
    let tape: GradientTape
    /// By component and key, as the goldens name them.
    let parameters: [(name: String, tensor: Tensor)]
    let loss: () -> Tensor

    init(_ name: String, _ golden: TrainingGolden, folder: URL, _ configuration: CPUConfiguration) throws {
        let tape = GradientTape(CPUBackend(configuration))
        self.tape = tape
        func named(_ component: String, _ source: TrainedParameters) -> [(name: String, tensor: Tensor)] {
            source.trained.map { ("\(component)/\($0.name)", $0.tensor) }
        }
        guard let sets = golden.sets, let mode = golden.mode.flatMap(ReferenceMode.init) else {
            let parameters = TrainedParameters(
                try Autoencoders.checkpoint(folder: "\(folder.path)/vae", on: tape.base), on: tape)
            let objective = AutoencoderObjective(
                vae: try Autoencoders.make(
                    ConfigFile(path: "\(folder.path)/vae/config.json"), ParameterScope(parameters)), on: tape)
            self.parameters = named("vae", parameters)
            let shape = [golden.images ?? 0, 3, golden.size[0], golden.size[1]]
            let pixels = TrainingGolden.channelsLast(
                TrainingGolden.hashed("\(name)/pixels", shape: shape, factor: 1), shape: shape)
            loss = {
                objective.loss(pixels, images: shape[0], height: shape[2], width: shape[3])
            }
            return
        }
        let unetSource = TrainedParameters(
            try UNet.checkpoint(folder: "\(folder.path)/unet", on: tape.base), on: tape)
        let textSource = TrainedParameters(
            try CLIPTextEncoder.checkpoint(folder: "\(folder.path)/text_encoder", on: tape.base), on: tape)
        let unet = try UNet(
            UNetConfiguration(ConfigFile(path: "\(folder.path)/unet/config.json")), ParameterScope(unetSource)
        )
        let text = try CLIPTextEncoder(
            CLIPTextEncoder.Configuration(ConfigFile(path: "\(folder.path)/text_encoder/config.json")),
            ParameterScope(textSource))
        parameters = named("unet", unetSource) + named("text_encoder", textSource)
        var settings = DiffusionObjective.Settings()
        settings.mode = mode
        settings.weighting = golden.weighting.flatMap(LossWeighting.init) ?? .none
        settings.knownWeight = golden.knownWeight ?? 1
        let objective = DiffusionObjective(
            unet: unet, textEncoder: text,
            scheduler: try SchedulerConfiguration(
                file: folder.appendingPathComponent("scheduler/scheduler_config.json")),
            settings: settings, on: tape)
        let channels = unet.configuration.outChannels
        let batch = sets.enumerated().map { index, set in
            let shape = [set.timesteps.count, channels] + golden.size
            let array = { (key: String) in
                TrainingGolden.channelsLast(
                    TrainingGolden.hashed("\(name)/\(index)/\(key)", shape: shape), shape: shape)
            }
            return DiffusionSet(
                latents: array("latents"), noise: array("noise"), images: shape[0], known: set.known,
                timesteps: set.timesteps, captions: set.captions)
        }
        loss = { objective.loss(batch, height: golden.size[0], width: golden.size[1]) }
    }
}
