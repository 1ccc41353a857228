import Tensors

/// CLIP's text transformer: token and position embeddings, causal pre-norm layers, a final norm
/// (`CLIPTextModel`).
public final class CLIPTextEncoder {
    public struct Configuration: Sendable, Equatable {
        public var vocabularySize: Int
        public var width: Int
        public var feedForwardWidth: Int
        public var layers: Int
        public var heads: Int
        /// Longest sequence, in tokens.
        public var maximumTokens: Int
        public var activation: Activation
        public var epsilon: Float

        init(
            vocabularySize: Int, width: Int, feedForwardWidth: Int, layers: Int, heads: Int,
            maximumTokens: Int, activation: Activation, epsilon: Float
        ) {
            self.vocabularySize = vocabularySize
            self.width = width
            self.feedForwardWidth = feedForwardWidth
            self.layers = layers
            self.heads = heads
            self.maximumTokens = maximumTokens
            self.activation = activation
            self.epsilon = epsilon
        }

        public init(_ file: ConfigFile) throws(CheckpointError) {
            vocabularySize = try file.int("vocab_size", default: 49408, in: 1...(1 << 24))
            width = try file.int("hidden_size", default: 512, in: 1...65536)
            feedForwardWidth = try file.int("intermediate_size", default: 2048, in: 1...262144)
            layers = try file.int("num_hidden_layers", default: 12, in: 1...256)
            heads = try file.int("num_attention_heads", default: 8, in: 1...1024)
            maximumTokens = try file.int("max_position_embeddings", default: 77, in: 2...65536)
            epsilon = Float(try file.double("layer_norm_eps", default: 1e-5))
            let names = ["quick_gelu", "gelu"]
            activation =
                try file.string("hidden_act", default: "quick_gelu", among: names) == "gelu"
                ? .gelu : .quickGELU
            try file.require("model_type", among: .string("clip_text_model"))
            guard width % heads == 0 else {
                throw file.unsupported("num_attention_heads", "numbers that divide hidden_size (\(width))")
            }
            // The other keys of a transformers configuration concern training and text generation.
        }
    }

    public let configuration: Configuration
    let tokenEmbedding: Parameter  // embeddings.token_embedding
    let positionEmbedding: Parameter  // embeddings.position_embedding
    /// Vectors of words beyond the vocabulary, `[n, width]`; their ids follow the vocabulary's.
    var additions: Tensor?
    let layers: [TransformerEncoderLayer]  // encoder.layers
    let finalNorm: LayerNorm  // final_layer_norm

    public init(_ configuration: Configuration, _ scope: ParameterScope) throws(CheckpointError) {
        self.configuration = configuration
        tokenEmbedding = try scope["embeddings", "token_embedding"].parameter(
            "weight", [configuration.vocabularySize, configuration.width])
        positionEmbedding = try scope["embeddings", "position_embedding"].parameter(
            "weight", [configuration.maximumTokens, configuration.width])
        let layer = TransformerEncoderLayer.Configuration(
            width: configuration.width, feedForwardWidth: configuration.feedForwardWidth,
            heads: configuration.heads, activation: configuration.activation, epsilon: configuration.epsilon)
        var layers: [TransformerEncoderLayer] = []
        for index in 0..<configuration.layers {
            layers.append(
                try TransformerEncoderLayer(scope["encoder", "layers", index], names: .clip, layer))
        }
        self.layers = layers
        finalNorm = try LayerNorm(
            scope["final_layer_norm"], channels: configuration.width, epsilon: configuration.epsilon)
    }

    public static func load(folder: String, on backend: any Backend) throws(CheckpointError)
        -> CLIPTextEncoder
    {
        try load(folder: folder, LowRankAdapters([], on: backend), on: backend)
    }

    static func load(
        folder: String, _ adapters: LowRankAdapters, on backend: any Backend
    ) throws(CheckpointError) -> CLIPTextEncoder {
        let configuration = try Configuration(ConfigFile(path: "\(folder)/config.json"))
        let checkpoint = try checkpoint(folder: folder, on: backend)
        try adapters.adapt(checkpoint, of: .textEncoder)
        return try load(configuration, checkpoint)
    }

    /// Takes all of the checkpoint.
    static func load(
        _ configuration: Configuration, _ checkpoint: ComponentCheckpoint
    ) throws(CheckpointError) -> CLIPTextEncoder {
        let model = try CLIPTextEncoder(configuration, ParameterScope(checkpoint).fullPrecision)
        try checkpoint.finish()
        return model
    }

    /// The weights of a `text_encoder` folder, under the keys that the model asks for.
    public static func checkpoint(folder: String, on backend: any Backend) throws(CheckpointError)
        -> ComponentCheckpoint
    {
        try ComponentCheckpoint(folder: folder, stem: "model", on: backend, canonical: canonicalKey)
    }

    /// Token ids of captions of equal length -> `[captions, tokens, width]`.
    ///
    /// - Parameter skipped: how many of the last layers are left out; the final norm is not.
    public func callAsFunction(_ captions: [[Int]], skipping skipped: Int = 0) -> Tensor {
        let length = captions[0].count
        precondition(length <= configuration.maximumTokens && captions.allSatisfy { $0.count == length })
        // 1. What, and where.
        let tokens = embedded(captions.flatMap { $0 })
        let positions = positionEmbedding.rows(captions.flatMap { _ in Array(0..<length) })
        var x = (tokens + positions).reshaped([captions.count, length, configuration.width])
        // 2. Each token looks at itself and at those before it.
        for layer in layers.dropLast(skipped) { x = layer(x, isCausal: true) }
        // 3. Final norm.
        return finalNorm(x)
    }

    /// A row for each token.
    private func embedded(_ ids: [Int]) -> Tensor {
        let known = configuration.vocabularySize
        let rows = tokenEmbedding.rows(ids.map { $0 < known ? $0 : 0 })
        guard let additions else { return rows }
        let width = configuration.width
        for (row, id) in ids.enumerated() where id >= known {
            for channel in 0..<width {
                rows.floats[row * width + channel] = additions.floats[(id - known) * width + channel]
            }
        }
        return rows
    }

    /// Files written by older and newer versions differ in a prefix; `position_ids` is 0, 1, 2, ...
    private static func canonicalKey(_ key: String) -> String? {
        let prefix = "text_model."
        let name = key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : key
        return name == "embeddings.position_ids" ? nil : name
    }
}
