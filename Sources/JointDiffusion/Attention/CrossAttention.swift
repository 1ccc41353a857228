import Tensors

/// Attention of an image's tokens to its own caption.
public struct CrossAttention {
    let toQ, toK, toV: Linear  // to_q, to_k, to_v: no bias
    let toOut: Linear  // to_out.0
    let heads: Int

    init(_ scope: ParameterScope, channels: Int, contextWidth: Int, heads: Int) throws(CheckpointError) {
        toQ = try Linear(scope["to_q"], in: channels, out: channels, bias: false)
        toK = try Linear(scope["to_k"], in: contextWidth, out: channels, bias: false)
        toV = try Linear(scope["to_v"], in: contextWidth, out: channels, bias: false)
        toOut = try Linear(scope["to_out", 0], in: channels, out: channels)
        self.heads = heads
    }

    /// `x [N, T, C]`, caption embeddings -> `[N, T, C]`, plus `residual`.
    func callAsFunction(_ x: Tensor, context: Captions, residual: Tensor) -> Tensor {
        let (k, v) = (toK(context.embeddings), toV(context.embeddings))
        let captions = (0..<k.shape[0]).map { caption in
            let shape: Shape = [k.shape[1], k.shape[2]]
            return KeysValues(
                keys: k[rows: caption..<caption + 1].reshaped(shape),
                values: v[rows: caption..<caption + 1].reshaped(shape))
        }
        let queries = toQ(x)
        context.observer?.observe(queries, captions: captions, ofImage: context.ofImage, heads: heads)
        let attended = queries.attention(over: context.ofImage.map { [captions[$0]] }, heads: heads)
        return toOut(attended, residual: residual)
    }
}

/// The captions of a batch: each distinct one embedded once.
public struct Captions {
    /// `[captions, tokens, width]`
    public let embeddings: Tensor
    /// For every image of the batch, which caption is its own.
    public let ofImage: [Int]
    /// Collects where images look at words.
    let observer: WordAttention?

    public init(embeddings: Tensor, ofImage: [Int]) {
        self.init(embeddings: embeddings, ofImage: ofImage, observer: nil)
    }

    init(embeddings: Tensor, ofImage: [Int], observer: WordAttention?) {
        precondition(ofImage.allSatisfy { $0 >= 0 && $0 < embeddings.shape[0] })
        self.embeddings = embeddings
        self.ofImage = ofImage
        self.observer = observer
    }
}
