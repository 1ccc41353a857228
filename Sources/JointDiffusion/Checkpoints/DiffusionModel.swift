import Foundation
import Tensors

/// A checkpoint, loaded: a diffusers folder with tokenizer, text encoder, VAE, U-Net and scheduler.
///
/// Weights are mapped, not read: opening takes milliseconds. The model is confined to one thread, as its
/// backend is.
public final class DiffusionModel {
    public let folder: String
    public let defaults: ModelDefaults
    public let backend: any Backend
    public let tokenizer: CLIPTokenizer
    public let textEncoder: CLIPTextEncoder
    public let vae: any ImageAutoencoder
    public let unet: UNet
    public let scheduler: SchedulerConfiguration
    /// Whether the U-Net takes `[noisy, mask, known]`, as inpainting checkpoints do, or noisy latents alone.
    public let takesKnownLatents: Bool

    public init(folder: String, on backend: any Backend) throws {
        try Self.checkIndex(folder)
        self.folder = folder
        self.backend = backend
        defaults = try ModelDefaults(folder: folder)
        tokenizer = try CLIPTokenizer(directory: URL(fileURLWithPath: "\(folder)/tokenizer"))
        scheduler = try SchedulerConfiguration(
            file: URL(fileURLWithPath: "\(folder)/scheduler/scheduler_config.json"))
        textEncoder = try CLIPTextEncoder.load(folder: "\(folder)/text_encoder", on: backend)
        vae = try Autoencoders.load(folder: "\(folder)/vae", on: backend)
        unet = try UNet.load(folder: "\(folder)/unet", on: backend)
        let channels = vae.latentChannels
        takesKnownLatents = unet.configuration.inChannels == 2 * channels + 1
        try checkThatPartsFit()
    }

    /// Native picture width, in pixels.
    public var width: Int { unet.configuration.sampleWidth * vae.downscale }
    /// Native picture height, in pixels.
    public var height: Int { unet.configuration.sampleHeight * vae.downscale }

    /// A tensor of the checkpoint that holds infinity or NaN, if there is one. Reads all weights.
    func nonFiniteWeight() -> (file: String, tensor: String)? {
        for (component, stem) in Self.components {
            let weight = ComponentCheckpoint.nonFiniteTensor(
                folder: "\(folder)/\(component)", stem: stem, on: backend)
            if let weight { return weight }
        }
        return nil
    }

    /// How many numbers the checkpoint holds.
    public var parameterCount: Int {
        Self.components.reduce(0) {
            $0 + ComponentCheckpoint.parameterCount(folder: "\(folder)/\($1.folder)", stem: $1.stem)
        }
    }

    /// Those with weights.
    private static let components = [
        (folder: "text_encoder", stem: "model"), (folder: "vae", stem: "diffusion_pytorch_model"),
        (folder: "unet", stem: "diffusion_pytorch_model"),
    ]

    private static func checkIndex(_ folder: String) throws(CheckpointError) {
        let index = try ConfigFile(path: "\(folder)/model_index.json")
        _ = try index.string(
            "_class_name", default: "StableDiffusionPipeline",
            among: [
                "StableDiffusionPipeline", "StableDiffusionInpaintPipeline",
                "StableDiffusionImg2ImgPipeline",
            ])
    }

    private func checkThatPartsFit() throws(CheckpointError) {
        let channels = vae.latentChannels
        let path = "\(folder)/unet/config.json"
        let unet = unet.configuration
        guard takesKnownLatents || unet.inChannels == channels else {
            throw .unsupportedConfig(
                file: path, key: "in_channels", value: "\(unet.inChannels)",
                supported: "\(channels) (noisy latents) or \(2 * channels + 1) (noisy, mask, known)")
        }
        guard unet.outChannels == channels else {
            throw .unsupportedConfig(
                file: path, key: "out_channels", value: "\(unet.outChannels)",
                supported: "\(channels), the VAE's latent_channels")
        }
        guard unet.crossAttentionWidth == textEncoder.configuration.width else {
            throw .unsupportedConfig(
                file: path, key: "cross_attention_dim", value: "\(unet.crossAttentionWidth)",
                supported: "\(textEncoder.configuration.width), the text encoder's hidden_size")
        }
        let text = textEncoder.configuration
        guard tokenizer.maximumLength <= text.maximumTokens else {
            throw .unsupportedConfig(
                file: "\(folder)/tokenizer/tokenizer_config.json", key: "model_max_length",
                value: "\(tokenizer.maximumLength)", supported: "at most \(text.maximumTokens)")
        }
        guard tokenizer.vocabularySize <= text.vocabularySize else {
            throw .invalidConfig(
                file: "\(folder)/tokenizer/vocab.json",
                reason: "with the added tokens its ids reach \(tokenizer.vocabularySize - 1), "
                    + "the text encoder has \(text.vocabularySize) tokens")
        }
    }
}
