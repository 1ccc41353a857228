import Foundation
import Tensors

/// A model in diffusers' layout: a folder for each part, with a configuration file in it.
final class DiffusersFolder: ModelParts {
    private let folder: String
    private let source: ModelSource
    private let backend: any Backend

    init(_ folder: String, _ source: ModelSource, on backend: any Backend) throws(CheckpointError) {
        self.folder = folder
        self.source = source
        self.backend = backend
        let index = try ConfigFile(path: "\(folder)/model_index.json")
        _ = try index.string(
            "_class_name", default: "StableDiffusionPipeline",
            among: [
                "StableDiffusionPipeline", "StableDiffusionInpaintPipeline",
                "StableDiffusionImg2ImgPipeline",
            ])
    }

    func tokenizer() throws -> CLIPTokenizer {
        try CLIPTokenizer(directory: URL(fileURLWithPath: source.tokenizerFolder))
    }

    func scheduler() throws -> SchedulerConfiguration {
        try SchedulerConfiguration(file: URL(fileURLWithPath: "\(folder)/scheduler/scheduler_config.json"))
    }

    func textEncoder(_ adapters: LowRankAdapters) throws -> CLIPTextEncoder {
        try CLIPTextEncoder.load(folder: "\(folder)/text_encoder", adapters, on: backend)
    }

    func autoencoder() throws -> any ImageAutoencoder {
        try Autoencoders.load(folder: "\(folder)/vae", on: backend)
    }

    func unet(_ adapters: LowRankAdapters) throws -> UNet {
        try UNet.load(folder: "\(folder)/unet", adapters, on: backend)
    }

    func configurationFile(of network: ModelNetwork) -> String { "\(folder)/\(network.rawValue)/config.json" }

    func weights(of network: ModelNetwork) -> [(file: SafetensorsFile, tensor: String)] {
        let stem = network == .textEncoder ? "model" : "diffusion_pytorch_model"
        let paths =
            (try? ComponentCheckpoint.files(folder: "\(folder)/\(network.rawValue)", stem: stem)) ?? []
        return paths.compactMap { try? SafetensorsFile(path: $0) }.flatMap { file in
            file.names.map { (file, $0) }
        }
    }
}
