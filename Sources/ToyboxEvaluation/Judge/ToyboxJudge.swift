import Images
import JointDiffusion
import SyntheticSubjects
import Tensors

/// A small network that tells toys apart and names their scenes, learned from the toybox alone.
///
/// Four halving stages; then a few learned queries that look for what matters in what the last two give; then two heads, an
/// embedding in which pictures of one toy lie close together, and a score for every scene.
public final class ToyboxJudge {
    public struct Configuration: Sendable, Equatable {
        /// Channels after each halving.
        public var channels: [Int]
        /// Numbers of an embedding.
        public var width: Int

        public init(channels: [Int] = [24, 48, 112, 192], width: Int = 96) {
            self.channels = channels
            self.width = width
        }
    }

    /// Side of the pictures that it looks at, in pixels.
    public static let side = 64
    /// Numbers that the heads look at.
    let featureCount: Int
    /// Channels of the third stage's places, and how many pixels of the picture's side each spans.
    let placeChannels: Int
    static let placeExtent = 8

    public let configuration: Configuration
    let stages: [JudgeStage]  // stages
    let near: JudgePooling  // near: over the third stage's places, where colours and patterns are
    let far: JudgePooling  // far: over the fourth's
    let toEmbedding: Linear  // embedding
    let toScenes: Linear  // scenes
    /// Unit length for embeddings: a layer norm that has learned nothing.
    private let unit, zero: Parameter

    public init(_ configuration: Configuration, _ scope: ParameterScope) throws(CheckpointError) {
        self.configuration = configuration
        var inputs = 3
        var stages: [JudgeStage] = []
        for (index, channels) in configuration.channels.enumerated() {
            stages.append(
                try JudgeStage(scope["stages", index], in: inputs, out: channels, isRefined: index > 0))
            inputs = channels
        }
        self.stages = stages
        placeChannels = configuration.channels[2]
        near = try JudgePooling(scope["near"], channels: placeChannels, queries: 4)
        far = try JudgePooling(scope["far"], channels: inputs, queries: 2)
        featureCount = near.featureCount + far.featureCount
        toEmbedding = try Linear(scope["embedding"], in: featureCount, out: configuration.width)
        toScenes = try Linear(scope["scenes"], in: featureCount, out: ToyboxScene.allCases.count)
        let backend = near.queries.value.backend
        let length = 1 / Float(configuration.width).squareRoot()
        unit = Parameter(
            name: "unit", value: Tensor(repeating: length, shape: [configuration.width], on: backend))
        zero = Parameter(name: "zero", value: Tensor(zeros: [configuration.width], on: backend))
    }

    /// `pixels [N, side, side, 3]` in -1...1 -> what the heads look at, `[N, features]`, and the third stage's places,
    /// `[N, side / placeExtent, side / placeExtent, placeChannels]`. Any side that is a multiple of 16 will do.
    func features(_ pixels: Tensor) -> (features: Tensor, places: Tensor) {
        let places = stages[2](stages[1](stages[0](pixels)))
        return (near(places).concatenatingChannels(far(stages[3](places))), places)
    }

    /// `features [N, features]` -> embeddings of unit length `[N, width]`, and the scenes' logits `[N, scenes]` in the order
    /// of `ToyboxScene.allCases`.
    func heads(_ features: Tensor) -> (embeddings: Tensor, scenes: Tensor) {
        (toEmbedding(features).layerNorm(weight: unit, bias: zero, epsilon: 1e-6), toScenes(features))
    }

    /// `pixels [N, side, side, 3]` in -1...1 -> embeddings and scenes.
    public func callAsFunction(_ pixels: Tensor) -> (embeddings: Tensor, scenes: Tensor) {
        heads(features(pixels).features)
    }

    /// Where a picture of any size lies, at length 1: pictures of one toy lie close together.
    public func embedding(of image: RGBImage) -> [Float] {
        let pixels = Tensor(
            JudgePixels(image).values, shape: [1, Self.side, Self.side, 3], on: unit.value.backend)
        return self(pixels).embeddings.elements
    }
}

/// Half the extents: a convolution, then, but for the first stage, another one around a shortcut.
struct JudgeStage {
    let down: Convolution  // down
    let norm: GroupNorm  // norm
    /// What a stage that is refined has besides.
    private let refinement: (convolution: Convolution, norm: GroupNorm)?  // refine, norm_out

    private static let groups = 8

    init(_ scope: ParameterScope, in inputs: Int, out outputs: Int, isRefined: Bool) throws(CheckpointError) {
        down = try Convolution(scope["down"], in: inputs, out: outputs, geometry: .halving)
        norm = try GroupNorm(scope["norm"], channels: outputs, groups: Self.groups, epsilon: 1e-5)
        guard isRefined else {
            refinement = nil
            return
        }
        refinement = (
            try Convolution(scope["refine"], in: outputs, out: outputs),
            try GroupNorm(scope["norm_out"], channels: outputs, groups: Self.groups, epsilon: 1e-5)
        )
    }

    /// `[N, H, W, in]` -> `[N, H / 2, W / 2, out]`
    func callAsFunction(_ x: Tensor) -> Tensor {
        let hidden = down(x)
        let plain = norm(hidden, activation: .silu)
        guard let refinement else { return plain }
        return refinement.norm(refinement.convolution(plain, residual: hidden), activation: .silu)
    }
}
