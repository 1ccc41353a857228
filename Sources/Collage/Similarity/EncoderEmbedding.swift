import Evaluation
import Images
import JointDiffusion
import Tensors

/// An encoder of the evaluation, on the subject before black.
public struct EncoderEmbedding: ImageEmbedding {
    public let name: String
    public let threshold: Double
    private let encode: (RGBImage) throws -> Embedding

    /// DINO, which sees which individual it is.
    /// - Parameter folder: of a DINO model in transformers' layout.
    public static func dino(folder: String, on backend: any Backend) throws -> EncoderEmbedding {
        let model = try DINOModel(folder: folder, on: backend)
        return EncoderEmbedding(
            name: "dino-\(try ModelHash.compute(network: folder))", threshold: 0.7,
            encode: { try model.embedding(of: $0, name: subject) })
    }

    /// CLIP's picture tower.
    /// - Parameter folder: of a CLIP model in transformers' layout.
    public static func clip(folder: String, on backend: any Backend) throws -> EncoderEmbedding {
        let model = try CLIPModel(folder: folder, on: backend)
        return EncoderEmbedding(
            name: "clip-\(try ModelHash.compute(network: folder))", threshold: 0.8,
            encode: { try model.embedding(of: $0, name: subject) })
    }

    /// What an error calls a picture.
    private static let subject = "a picture of the set"

    public func embed(_ image: RGBImage, mask: [UInt8]?) throws -> [Float] {
        try encode(mask.map(image.masked) ?? image).values.map(Float.init)
    }
}
