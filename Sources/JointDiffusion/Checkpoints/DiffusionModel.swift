import Foundation
import Tensors

/// A model, loaded: tokenizer, text encoder, VAE, U-Net and scheduler.
///
/// Weights are mapped, not read: opening takes milliseconds. The model is confined to one thread, as its
/// backend is.
public final class DiffusionModel {
    public let source: ModelSource
    public let defaults: ModelDefaults
    public let backend: any Backend
    public let tokenizer: CLIPTokenizer
    public let textEncoder: CLIPTextEncoder
    public let vae: any ImageAutoencoder
    public let unet: UNet
    public let scheduler: SchedulerConfiguration
    /// Whether the U-Net takes `[noisy, mask, known]`, as inpainting checkpoints do, or noisy latents alone.
    public let takesKnownLatents: Bool
    /// How many numbers each network holds.
    let parameterCounts: [ModelNetwork: Int]
    private let parts: any ModelParts
    private let adapters: LowRankAdapters

    /// A diffusers folder.
    public convenience init(folder: String, on backend: any Backend) throws {
        try self.init(ModelSource(path: folder), on: backend)
    }

    public init(_ source: ModelSource, on backend: any Backend) throws {
        self.source = source
        self.backend = backend
        parts = try source.parts(on: backend)
        adapters = try LowRankAdapters(source.adapters, on: backend)
        defaults = try ModelDefaults(source)
        var tokenizer = try parts.tokenizer()
        scheduler = try parts.scheduler()
        textEncoder = try parts.textEncoder(adapters)
        try Self.add(source.embeddings, to: textEncoder, &tokenizer)
        self.tokenizer = tokenizer
        vae = try parts.autoencoder()
        unet = try parts.unet(adapters)
        parameterCounts = parts.parameterCounts
        takesKnownLatents = unet.configuration.inChannels == 2 * vae.latentChannels + 1
        try adapters.finish()
        try checkThatPartsFit()
    }

    /// Native picture width, in pixels.
    public var width: Int { unet.configuration.sampleWidth * vae.downscale }
    /// Native picture height, in pixels.
    public var height: Int { unet.configuration.sampleHeight * vae.downscale }

    /// How many numbers the networks hold.
    public var parameterCount: Int { parameterCounts.values.reduce(0, +) }

    /// How many numbers of each network's weights are held beside the files' own, since LoRA files changed them.
    var adaptedCounts: [ModelNetwork: Int] { adapters.adaptedCounts }

    /// A tensor of the checkpoint that holds infinity or NaN, if there is one. Reads all weights.
    func nonFiniteWeight() -> (file: String, tensor: String)? {
        parts.nonFiniteWeight(adapters, on: backend)
    }

    /// Gives words of textual-inversion files the ids behind the vocabulary's.
    private static func add(
        _ embeddings: [TextEmbedding], to encoder: CLIPTextEncoder, _ tokenizer: inout CLIPTokenizer
    ) throws(CheckpointError) {
        var vectors: [Tensor] = []
        var next = encoder.configuration.vocabularySize
        var words: Set<String> = []
        for embedding in embeddings {
            let (word, rows) = try embedding.load(
                width: encoder.configuration.width, on: encoder.tokenEmbedding.value.backend)
            guard words.insert(word).inserted else {
                throw .notEmbedding(
                    file: embedding.path, reason: "another file is for the word '\(word)' already")
            }
            tokenizer.add(word, ids: next..<next + rows.shape[0])
            next += rows.shape[0]
            vectors.append(rows)
        }
        if !vectors.isEmpty { encoder.additions = Tensor.concatenatingRows(vectors) }
    }

    private func checkThatPartsFit() throws(CheckpointError) {
        let channels = vae.latentChannels
        let path = parts.configurationFile(of: .unet)
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
                file: "\(source.tokenizerFolder)/tokenizer_config.json", key: "model_max_length",
                value: "\(tokenizer.maximumLength)", supported: "at most \(text.maximumTokens)")
        }
        guard tokenizer.vocabularySize <= text.vocabularySize else {
            throw .invalidConfig(
                file: "\(source.tokenizerFolder)/vocab.json",
                reason: "with the added tokens its ids reach \(tokenizer.vocabularySize - 1), "
                    + "the text encoder has \(text.vocabularySize) tokens")
        }
    }
}
