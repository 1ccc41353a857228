import JointDiffusion
import Tensors

/// A few learned queries that attend to all places of a picture, so that what matters is found wherever it is.
struct JudgePooling {
    /// `[queries, C]`
    let queries: Parameter  // queries
    let toK, toV: Linear  // to_k, to_v
    private static let heads = 4

    init(_ scope: ParameterScope, channels: Int, queries count: Int) throws(CheckpointError) {
        queries = try scope.parameter("queries", [count, channels])
        toK = try Linear(scope["to_k"], in: channels, out: channels, bias: false)
        toV = try Linear(scope["to_v"], in: channels, out: channels, bias: false)
    }

    /// Numbers that it gives of a picture.
    var featureCount: Int { queries.shape.count }

    /// `[N, H, W, C]` -> `[N, queries * C]`
    func callAsFunction(_ x: Tensor) -> Tensor {
        let (images, tokens, channels) = (x.shape[0], x.shape[1] * x.shape[2], x.shape[3])
        let flat = x.reshaped([images, tokens, channels])
        let (keys, values) = (toK(flat), toV(flat))
        let seen = (0..<images).map { image in
            let rows = image..<image + 1
            return [
                KeysValues(
                    keys: keys[rows: rows].reshaped([tokens, channels]),
                    values: values[rows: rows].reshaped([tokens, channels]))
            ]
        }
        let count = queries.shape[0]
        let asked = queries.rows((0..<images).flatMap { _ in 0..<count })
        let found = asked.reshaped([images, count, channels]).attention(over: seen, heads: Self.heads)
        return found.reshaped([images, count * channels])
    }
}
