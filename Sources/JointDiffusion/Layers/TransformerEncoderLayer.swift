import Tensors

/// A pre-norm transformer layer: the tokens of one image, or of one text, attend to each other, then two dense
/// layers work on each; both are added to what comes in.
public struct TransformerEncoderLayer {
    public struct Configuration: Sendable, Equatable {
        public var width: Int
        public var feedForwardWidth: Int
        public var heads: Int
        public var activation: Activation
        /// Of both norms.
        public var epsilon: Float
        /// Whether queries, keys and values have a bias.
        public var hasAttentionBias: Bool

        public init(
            width: Int, feedForwardWidth: Int, heads: Int, activation: Activation, epsilon: Float,
            hasAttentionBias: Bool = true
        ) {
            self.width = width
            self.feedForwardWidth = feedForwardWidth
            self.heads = heads
            self.activation = activation
            self.epsilon = epsilon
            self.hasAttentionBias = hasAttentionBias
        }
    }

    /// The modules' paths within the layer.
    public struct Names: Sendable {
        let norm1, query, key, value, out, norm2, expand, contract: String

        /// transformers' `CLIPEncoderLayer`.
        public static let clip = Names(
            norm1: "layer_norm1", query: "self_attn.q_proj", key: "self_attn.k_proj",
            value: "self_attn.v_proj", out: "self_attn.out_proj", norm2: "layer_norm2", expand: "mlp.fc1",
            contract: "mlp.fc2")

        /// transformers' `ViTLayer`.
        public static let vit = Names(
            norm1: "layernorm_before", query: "attention.attention.query", key: "attention.attention.key",
            value: "attention.attention.value", out: "attention.output.dense", norm2: "layernorm_after",
            expand: "intermediate.dense", contract: "output.dense")
    }

    let norm1, norm2: LayerNorm
    let toQ, toK, toV, toOut: Linear
    let expand, contract: Linear
    let heads: Int
    let activation: Activation

    public init(
        _ scope: ParameterScope, names: Names, _ configuration: Configuration
    ) throws(CheckpointError) {
        let (width, wide) = (configuration.width, configuration.feedForwardWidth)
        let bias = configuration.hasAttentionBias
        norm1 = try LayerNorm(scope[names.norm1], channels: width, epsilon: configuration.epsilon)
        toQ = try Linear(scope[names.query], in: width, out: width, bias: bias)
        toK = try Linear(scope[names.key], in: width, out: width, bias: bias)
        toV = try Linear(scope[names.value], in: width, out: width, bias: bias)
        toOut = try Linear(scope[names.out], in: width, out: width)
        norm2 = try LayerNorm(scope[names.norm2], channels: width, epsilon: configuration.epsilon)
        expand = try Linear(scope[names.expand], in: width, out: wide)
        contract = try Linear(scope[names.contract], in: wide, out: width)
        heads = configuration.heads
        activation = configuration.activation
    }

    /// `x [N, T, C]` -> `[N, T, C]`.
    /// - Parameter isCausal: whether each token sees itself and those before it only.
    public func callAsFunction(_ x: Tensor, isCausal: Bool) -> Tensor {
        let normalised = norm1(x)
        let (k, v) = (toK(normalised), toV(normalised))
        let attended = toQ(normalised).attention(
            over: Coupling.alone(images: x.shape[0]).keysValues(keys: k, values: v, layer: 0),
            heads: heads, isCausal: isCausal)
        let x = toOut(attended, residual: x)
        return contract(expand(norm2(x)).activated(activation), residual: x)
    }
}
