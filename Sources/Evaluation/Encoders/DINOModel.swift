import Images
import JointDiffusion
import Tensors

/// DINO's vision transformer (transformers' `ViTModel`, as `facebook/dino-vits16`): what a picture shows, down to which
/// individual it is. The class token after the last norm is the picture's embedding.
///
/// Confined to one thread, as its backend is.
public final class DINOModel {
    public let folder: String
    /// What pictures go through first.
    public let preparation: ImagePreparation
    private let vision: VisionTransformer
    private let backend: any Backend

    /// Loads a folder: `config.json` and `model.safetensors` in float32, float16 or bfloat16.
    /// - Throws: `EvaluationError`, `CheckpointError`: every tensor must be there, of its shape, and no other but the
    ///   pooler's, which is not used.
    public init(folder: String, on backend: any Backend) throws {
        self.folder = folder
        self.backend = backend
        try TransformersFolder.check(folder, kind: "DINO model", files: [])
        let file = try ConfigFile(path: "\(folder)/config.json")
        _ = try file.string("model_type", among: ["vit"])
        var configuration = try VisionTransformer.Configuration(
            file, patchSide: 16, hiddenAct: "gelu", epsilon: 1e-12)
        configuration.layer.hasAttentionBias = try file.bool("qkv_bias", default: true)
        preparation = .dino(side: configuration.imageSide)
        let checkpoint = try ComponentCheckpoint(
            folder: folder, stem: "model", on: backend, canonical: Self.canonicalKey)
        vision = try VisionTransformer(vit: configuration, ParameterScope(checkpoint).fullPrecision)
        try checkpoint.finish()
    }

    /// The embedding of a picture.
    /// - Parameter name: for messages.
    public func embedding(of image: RGBImage, name: String) throws(EvaluationError) -> Embedding {
        let shape: Shape = [1, preparation.side, preparation.side, 3]
        let prepared = Tensor(preparation(image), shape: shape, on: backend)
        guard let embedding = Embedding(classTokens(prepared).floats) else {
            throw .notFinite(folder: folder, what: name)
        }
        return embedding
    }

    /// Prepared pictures `[N, side, side, 3]` -> `[N, C]`, as transformers' `last_hidden_state[:, 0]`.
    func classTokens(_ pictures: Tensor) -> Tensor { vision(pictures) }

    private static func canonicalKey(_ key: String) -> String? { key.hasPrefix("pooler.dense.") ? nil : key }
}
