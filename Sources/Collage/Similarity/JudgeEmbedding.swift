import Images
import JointDiffusion
import Tensors
import ToyboxEvaluation

/// The toybox's judge: for drawn toys, which it tells from others of their kind. It looks at the whole picture, as it learned
/// to, and passes over the scene.
public struct JudgeEmbedding: ImageEmbedding {
    public let name: String
    public let threshold = 0.6
    private let judge: ToyboxJudge

    /// - Parameter path: the judge's file.
    public init(_ path: String, on backend: any Backend) throws {
        judge = try JudgeFile.load(path, on: backend)
        name = "judge-\(try ModelHash.compute(network: path))"
    }

    public func embed(_ image: RGBImage, mask: [UInt8]?) -> [Float] { judge.embedding(of: image) }
}
