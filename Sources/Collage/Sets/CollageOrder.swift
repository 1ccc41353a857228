import JointDiffusion
import Tensors

/// What is to be made of every subject, and how.
public struct CollageOrder: Sendable, Equatable, Codable {
    public var seed: UInt64
    /// Pictures of each subject.
    public var images: Int
    public var drawing: CollageDrawing
    /// Of a picture, in pixels.
    public var width: Int
    public var height: Int
    public var steps: Int
    public var sampler: SamplerKind
    public var guidance: Double
    public var negativePrompt = ""
    public var masks = MaskSource.auto
    /// Whether backgrounds are made anew, in other scenes than those that the pictures were drawn in.
    public var repaintsBackgrounds = true
    /// The least similarity of the subjects, the mean over all pairs of a set.
    public var threshold = 0.7
    /// Whether panels whose borders are not found are left out, rather than taken from an even split.
    public var needsBorders = false

    /// An order with the model's own defaults.
    public init(model: DiffusionModel, seed: UInt64, images: Int, drawing: CollageDrawing) {
        (self.seed, self.images, self.drawing) = (seed, images, drawing)
        (width, height) = (model.width, model.height)
        (steps, sampler, guidance) = (model.defaults.steps, model.defaults.sampler, model.defaults.guidance)
    }

    /// A subject may take up this share of a picture: less or more is a mask that went wrong.
    static let coverage: ClosedRange<Double> = 0.02...0.85
    /// Of the pictures of a set there must be so many.
    static let leastImages = 2
}
