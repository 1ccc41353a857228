import Images
import JointDiffusion
import Tensors

/// A vision transformer that sees a picture as square patches and tells of it in a token of its own.
final class VisionTransformer {
    struct Configuration: Sendable, Equatable {
        var layer: TransformerEncoderLayer.Configuration
        var layers: Int
        /// Sides of the square picture and of a patch, in pixels.
        var imageSide, patchSide: Int

        /// Tokens of a picture: one for each patch, and the class token.
        var tokens: Int { (imageSide / patchSide) * (imageSide / patchSide) + 1 }
    }

    let configuration: Configuration
    private let patches: Convolution
    private let classToken: Parameter  // [1, C]
    private let positions: Parameter  // [tokens, C]
    private let entryNorm: LayerNorm?
    private let layers: [TransformerEncoderLayer]
    private let exitNorm: LayerNorm

    /// CLIP's, `CLIPVisionTransformer`: patches without bias, a norm at the entry.
    init(clip configuration: Configuration, _ scope: ParameterScope) throws(CheckpointError) {
        self.configuration = configuration
        let width = configuration.layer.width
        let embeddings = scope["embeddings"]
        patches = try Self.patches(embeddings["patch_embedding"], configuration, bias: false)
        classToken = try embeddings.parameter("class_embedding", [width]).asTable(rows: 1)
        positions = try embeddings["position_embedding"].parameter("weight", [configuration.tokens, width])
        // The name is misspelt in every checkpoint.
        entryNorm = try LayerNorm(
            scope["pre_layrnorm"], channels: width, epsilon: configuration.layer.epsilon)
        layers = try Self.layers(configuration) { index in scope["encoder", "layers", index] }
        exitNorm = try LayerNorm(
            scope["post_layernorm"], channels: width, epsilon: configuration.layer.epsilon)
    }

    /// DINO's, `ViTModel` without its pooler.
    init(vit configuration: Configuration, _ scope: ParameterScope) throws(CheckpointError) {
        self.configuration = configuration
        let (width, tokens) = (configuration.layer.width, configuration.tokens)
        let embeddings = scope["embeddings"]
        patches = try Self.patches(embeddings["patch_embeddings", "projection"], configuration, bias: true)
        classToken = try embeddings.parameter("cls_token", [1, 1, width]).asTable(rows: 1)
        positions = try embeddings.parameter("position_embeddings", [1, tokens, width]).asTable(rows: tokens)
        entryNorm = nil
        layers = try Self.layers(configuration, names: .vit) { index in scope["encoder", "layer", index] }
        exitNorm = try LayerNorm(scope["layernorm"], channels: width, epsilon: configuration.layer.epsilon)
    }

    /// Prepared pictures `[N, imageSide, imageSide, 3]` -> their class tokens `[N, C]`.
    func callAsFunction(_ pictures: Tensor) -> Tensor {
        let (count, width) = (pictures.shape[0], configuration.layer.width)
        let tokens = configuration.tokens
        // 1. Patches, row after row, behind the class token; where each is.
        let seen = patches(pictures).reshaped([count, tokens - 1, width])
        let place = positions.rows(Array(0..<tokens))
        var rows: [Tensor] = []
        for picture in 0..<count {
            rows.append(classToken.rows([0]))
            rows.append(seen[rows: picture..<picture + 1].reshaped([tokens - 1, width]))
        }
        let places = Tensor.concatenatingRows(Array(repeating: place, count: count))
        var x = (Tensor.concatenatingRows(rows) + places).reshaped([count, tokens, width])
        // 2. The layers.
        if let entryNorm { x = entryNorm(x) }
        for layer in layers { x = layer(x, isCausal: false) }
        // 3. What the class token has gathered.
        let gathered = (0..<count).map { picture in
            x[rows: picture..<picture + 1].reshaped([tokens, width])[rows: 0..<1]
        }
        return exitNorm(.concatenatingRows(gathered))
    }

    private static func patches(
        _ scope: ParameterScope, _ configuration: Configuration, bias: Bool
    ) throws(CheckpointError) -> Convolution {
        let side = configuration.patchSide
        return try Convolution(
            scope, in: 3, out: configuration.layer.width,
            geometry: ConvolutionGeometry(kernel: side, stride: side, paddingBefore: 0, paddingAfter: 0),
            bias: bias)
    }

    private static func layers(
        _ configuration: Configuration, names: TransformerEncoderLayer.Names = .clip,
        scope: (Int) -> ParameterScope
    ) throws(CheckpointError) -> [TransformerEncoderLayer] {
        var layers: [TransformerEncoderLayer] = []
        for index in 0..<configuration.layers {
            layers.append(try TransformerEncoderLayer(scope(index), names: names, configuration.layer))
        }
        return layers
    }
}

extension VisionTransformer.Configuration {
    /// - Parameter hiddenAct: the activation where the file names none.
    init(_ file: ConfigFile, patchSide: Int, hiddenAct: String, epsilon: Double) throws(CheckpointError) {
        let width = try file.int("hidden_size", default: 768, in: 1...65536)
        let activations = ["gelu", "quick_gelu"]
        let activation = try file.string("hidden_act", default: hiddenAct, among: activations)
        let heads = try file.int("num_attention_heads", default: 12, in: 1...1024)
        guard width % heads == 0 else {
            throw file.unsupported("num_attention_heads", "numbers that divide hidden_size (\(width))")
        }
        layer = TransformerEncoderLayer.Configuration(
            width: width, feedForwardWidth: try file.int("intermediate_size", default: 3072, in: 1...262144),
            heads: heads, activation: activation == "gelu" ? .gelu : .quickGELU,
            epsilon: Float(try file.double("layer_norm_eps", default: epsilon)))
        layers = try file.int("num_hidden_layers", default: 12, in: 1...256)
        imageSide = try file.int("image_size", default: 224, in: 1...4096)
        self.patchSide = try file.int("patch_size", default: patchSide, in: 1...imageSide)
        guard try file.int("num_channels", default: 3, in: 1...1024) == 3 else {
            throw file.unsupported("num_channels", "3")
        }
        // The other keys of a transformers configuration concern training.
    }
}

extension Parameter {
    /// The same numbers as a table `[rows, any]`.
    fileprivate func asTable(rows: Int) -> Parameter {
        seen(as: value.reshaped([rows, value.count / rows]))
    }
}
