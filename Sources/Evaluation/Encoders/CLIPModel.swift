import Foundation
import Images
import JointDiffusion
import Tensors

/// CLIP: texts and pictures in one space (transformers' `CLIPModel`: two towers and their projections).
///
/// Confined to one thread, as its backend is.
public final class CLIPModel {
    public let folder: String
    /// What pictures go through first.
    public let preparation: ImagePreparation
    private let tokenizer: CLIPTokenizer
    private let text: CLIPTextEncoder
    private let vision: VisionTransformer
    private let textProjection, visualProjection: Linear
    private let end: TextEnd
    private let backend: any Backend

    /// Which token of a text stands for it: the first of this id; nil: the one of the highest id, as the first
    /// checkpoints have it.
    private typealias TextEnd = Int?

    /// Loads a folder: `config.json`, `model.safetensors` in float32, float16 or bfloat16, and the tokenizer's
    /// `vocab.json`, `merges.txt` and `tokenizer_config.json`.
    /// - Throws: `EvaluationError`, `CheckpointError`, `TokenizerError`: every tensor and file must be there, of its shape,
    ///   and no other.
    public init(folder: String, on backend: any Backend) throws {
        self.folder = folder
        self.backend = backend
        try TransformersFolder.check(
            folder, kind: "CLIP model", files: ["vocab.json", "merges.txt", "tokenizer_config.json"])
        // 1. What it is like.
        let file = try ConfigFile(path: "\(folder)/config.json")
        _ = try file.string("model_type", among: ["clip"])
        let width = try file.int("projection_dim", default: 512, in: 1...65536)
        let textFile = try file.object("text_config")
        let textConfiguration = try CLIPTextEncoder.Configuration(textFile)
        let visionFile = try file.object("vision_config")
        try visionFile.require("model_type", among: .string("clip_vision_model"))
        let visionConfiguration = try VisionTransformer.Configuration(
            visionFile, patchSide: 32, hiddenAct: "quick_gelu", epsilon: 1e-5)
        preparation = .clip(side: visionConfiguration.imageSide)
        // 2. Words.
        tokenizer = try CLIPTokenizer(
            directory: URL(fileURLWithPath: folder), defaultMaximumLength: textConfiguration.maximumTokens)
        let endID = try textFile.int("eos_token_id", default: 49407, in: 0...(1 << 24))
        end = endID == 2 ? nil : endID
        guard tokenizer.maximumLength <= textConfiguration.maximumTokens,
            tokenizer.vocabularySize <= textConfiguration.vocabularySize
        else {
            throw EvaluationError.partsDiffer(
                folder: folder,
                reason:
                    "the tokenizer gives \(tokenizer.maximumLength) of \(tokenizer.vocabularySize) tokens, the "
                    + "text tower takes \(textConfiguration.maximumTokens) of \(textConfiguration.vocabularySize)"
            )
        }
        guard end == nil || end == tokenizer.endID else {
            throw EvaluationError.partsDiffer(
                folder: folder,
                reason: "eos_token_id is \(endID), the tokenizer ends texts with \(tokenizer.endID)")
        }
        // 3. Weights.
        let checkpoint = try ComponentCheckpoint(
            folder: folder, stem: "model", on: backend, canonical: Self.canonicalKey)
        let scope = ParameterScope(checkpoint).fullPrecision
        text = try CLIPTextEncoder(textConfiguration, scope["text_model"])
        vision = try VisionTransformer(clip: visionConfiguration, scope["vision_model"])
        textProjection = try Linear(
            scope["text_projection"], in: textConfiguration.width, out: width, bias: false)
        visualProjection = try Linear(
            scope["visual_projection"], in: visionConfiguration.layer.width, out: width, bias: false)
        try checkpoint.finish()
    }

    /// The embedding of a text; what is beyond the longest text it knows is cut off.
    public func embedding(of text: String) throws(EvaluationError) -> Embedding {
        guard let embedding = Embedding(projected(tokens: tokenizer.encode(text)).floats) else {
            throw .notFinite(folder: folder, what: "'\(text)'")
        }
        return embedding
    }

    /// The embedding of a picture.
    /// - Parameter name: for messages.
    public func embedding(of image: RGBImage, name: String) throws(EvaluationError) -> Embedding {
        let shape: Shape = [1, preparation.side, preparation.side, 3]
        let prepared = Tensor(preparation(image), shape: shape, on: backend)
        guard let embedding = Embedding(projected(pictures: prepared).floats) else {
            throw .notFinite(folder: folder, what: name)
        }
        return embedding
    }

    /// Token ids with begin and end -> `[1, width of the space]`, as transformers' `text_embeds` before they are
    /// brought to length 1.
    func projected(tokens: [Int]) -> Tensor {
        let hidden = text([tokens])
        let last: Int
        if let end {
            last = tokens.firstIndex(of: end) ?? 0
        } else {
            last = tokens.firstIndex(of: tokens.max() ?? 0) ?? 0
        }
        let row = hidden.reshaped([tokens.count, hidden.shape[2]])[rows: last..<last + 1]
        return textProjection(row)
    }

    /// Prepared pictures `[N, side, side, 3]` -> `[N, width of the space]`, as transformers' `image_embeds` before they
    /// are brought to length 1.
    func projected(pictures: Tensor) -> Tensor { visualProjection(vision(pictures)) }

    /// The temperature that training used, and the tables 0, 1, 2, ... of older files, play no part.
    private static func canonicalKey(_ key: String) -> String? {
        key == "logit_scale" || key.hasSuffix(".embeddings.position_ids") ? nil : key
    }
}
