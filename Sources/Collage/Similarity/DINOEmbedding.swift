import Evaluation
import Images
import JointDiffusion
import Tensors

/// DINO, on the subject before black: sees which individual it is.
public struct DINOEmbedding: ImageEmbedding {
    public let name: String
    public let threshold = 0.7
    private let model: DINOModel

    /// - Parameter folder: of a DINO model in transformers' layout.
    public init(folder: String, on backend: any Backend) throws {
        model = try DINOModel(folder: folder, on: backend)
        name = "dino-\(try ModelHash.compute(network: folder))"
    }

    public func embed(_ image: RGBImage, mask: [UInt8]?) throws -> [Float] {
        try model.embedding(of: mask.map(image.masked) ?? image, name: "a picture of the set").values.map(
            Float.init)
    }
}
