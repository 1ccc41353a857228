import JointDiffusion
import SyntheticSubjects
import Tensors

/// A small network that tells toys apart and names their scenes, learned from the toybox alone.
///
/// Four halving convolutions, then a few learned queries that look for what matters, then two heads: an embedding in
/// which pictures of one toy lie close together, and a score for every scene.
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
    /// Learned queries, and the heads of attention with which each looks.
    private static let (queries, heads) = (4, 4)
    /// Numbers that the heads look at.
    var featureCount: Int { queries.value.count }

    public let configuration: Configuration
    let stages: [JudgeStage]  // stages
    /// `[queries, C]`
    let queries: Parameter
    let toK, toV: Linear  // pool.to_k, pool.to_v
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
        queries = try scope["pool"].parameter("queries", [Self.queries, inputs])
        toK = try Linear(scope["pool", "to_k"], in: inputs, out: inputs, bias: false)
        toV = try Linear(scope["pool", "to_v"], in: inputs, out: inputs, bias: false)
        toEmbedding = try Linear(scope["embedding"], in: Self.queries * inputs, out: configuration.width)
        toScenes = try Linear(
            scope["scenes"], in: Self.queries * inputs, out: ToyboxScene.allCases.count)
        let backend = queries.value.backend
        let length = 1 / Float(configuration.width).squareRoot()
        unit = Parameter(
            name: "unit", value: Tensor(repeating: length, shape: [configuration.width], on: backend))
        zero = Parameter(name: "zero", value: Tensor(zeros: [configuration.width], on: backend))
    }

    /// `pixels [N, side, side, 3]` in -1...1 -> what the heads look at, `[N, features]`.
    func features(_ pixels: Tensor) -> Tensor {
        // 1. Features of 4 x 4 places.
        var hidden = pixels
        for stage in stages { hidden = stage(hidden) }
        // 2. What the queries find there.
        let (images, channels) = (hidden.shape[0], hidden.shape[3])
        let tokens = hidden.reshaped([images, hidden.shape[1] * hidden.shape[2], channels])
        let (keys, values) = (toK(tokens), toV(tokens))
        let shape: Shape = [tokens.shape[1], channels]
        let seen = (0..<images).map { image in
            [
                KeysValues(
                    keys: keys[rows: image..<image + 1].reshaped(shape),
                    values: values[rows: image..<image + 1].reshaped(shape))
            ]
        }
        let asked = queries.rows((0..<images).flatMap { _ in 0..<Self.queries })
        let found = asked.reshaped([images, Self.queries, channels]).attention(over: seen, heads: Self.heads)
        return found.reshaped([images, Self.queries * channels])
    }

    /// `features [N, features]` -> embeddings of unit length `[N, width]`, and the scenes' logits `[N, scenes]` in the order
    /// of `ToyboxScene.allCases`.
    func heads(_ features: Tensor) -> (embeddings: Tensor, scenes: Tensor) {
        (toEmbedding(features).layerNorm(weight: unit, bias: zero, epsilon: 1e-6), toScenes(features))
    }

    /// `pixels [N, side, side, 3]` in -1...1 -> embeddings and scenes.
    public func callAsFunction(_ pixels: Tensor) -> (embeddings: Tensor, scenes: Tensor) {
        heads(features(pixels))
    }
}

/// Half the extents: a convolution, then, if it is refined, another one around a shortcut.
struct JudgeStage {
    let down: Convolution  // down
    let norm: GroupNorm  // norm
    let refinement: Convolution?  // refine
    let normOut: GroupNorm?  // norm_out

    private static let groups = 8

    init(_ scope: ParameterScope, in inputs: Int, out outputs: Int, isRefined: Bool) throws(CheckpointError) {
        let groups = min(Self.groups, outputs)
        down = try Convolution(scope["down"], in: inputs, out: outputs, geometry: .halving)
        norm = try GroupNorm(scope["norm"], channels: outputs, groups: groups, epsilon: 1e-5)
        refinement = isRefined ? try Convolution(scope["refine"], in: outputs, out: outputs) : nil
        normOut =
            isRefined
            ? try GroupNorm(scope["norm_out"], channels: outputs, groups: groups, epsilon: 1e-5) : nil
    }

    /// `[N, H, W, in]` -> `[N, H / 2, W / 2, out]`
    func callAsFunction(_ x: Tensor) -> Tensor {
        let hidden = down(x)
        let plain = norm(hidden, activation: .silu)
        guard let refinement, let normOut else { return plain }
        return normOut(refinement(plain, residual: hidden), activation: .silu)
    }
}
