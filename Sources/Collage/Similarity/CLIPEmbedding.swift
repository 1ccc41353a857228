import Evaluation
import Images
import JointDiffusion
import Tensors

/// CLIP's picture tower, on the subject before black.
public struct CLIPEmbedding: ImageEmbedding {
    public let name: String
    public let threshold = 0.8
    private let model: CLIPModel

    /// - Parameter folder: of a CLIP model in transformers' layout.
    public init(folder: String, on backend: any Backend) throws {
        model = try CLIPModel(folder: folder, on: backend)
        name = "clip-\(try ModelHash.compute(network: folder))"
    }

    public func embed(_ image: RGBImage, mask: [UInt8]?) throws -> [Float] {
        try model.embedding(of: mask.map(image.masked) ?? image, name: "a picture of the set").values.map(
            Float.init)
    }
}
