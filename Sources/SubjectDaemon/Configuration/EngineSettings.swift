import JointDiffusion
import Tensors

/// Which model computes, and how.
public struct EngineSettings: Sendable, Equatable {
    /// The checkpoint: a diffusers folder, or a file in the original layout.
    public var model: String
    /// What products compute with.
    public var precision: Precision
    /// How many threads compute; nil for as many as there are processors.
    public var threads: Int?
    /// LoRA files that are added to the model.
    public var adapters: [WeightedAdapter]
    /// Textual-inversion files.
    public var embeddings: [TextEmbedding]
    /// Another VAE than the model's.
    public var autoencoder: String?
    /// The tiny decoder that makes previews.
    public var previewDecoder: String?
    /// Where what photos leave behind in the model is kept; nil: nowhere.
    public var keysValues: EngineCachePlace?
    /// Where weights are kept as the processor reads them; nil: nowhere.
    public var packedWeights: EngineCachePlace?
    /// The file that remembers models' hashes; nil: none does.
    public var hashes: String?

    /// All of it.
    public init(
        model: String, precision: Precision = .float32, threads: Int? = nil, adapters: [WeightedAdapter] = [],
        embeddings: [TextEmbedding] = [], autoencoder: String? = nil, previewDecoder: String? = nil,
        keysValues: EngineCachePlace? = nil, packedWeights: EngineCachePlace? = nil, hashes: String? = nil
    ) {
        self.keysValues = keysValues
        self.packedWeights = packedWeights
        self.hashes = hashes
        self.embeddings = embeddings
        self.autoencoder = autoencoder
        self.previewDecoder = previewDecoder
        self.adapters = adapters
        self.model = model
        self.precision = precision
        self.threads = threads
    }

    /// The same for the processor's backend.
    public var cpu: CPUConfiguration {
        CPUConfiguration(threads: threads, precision: precision, narrows: true)
    }
}
