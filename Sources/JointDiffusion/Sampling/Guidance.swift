import Tensors

/// How strongly the text and the references pull: classifier-free guidance in two or three branches.
///
///     two branches    e(0,0) + s (e(I,T) - e(0,0))
///     three branches  e(0,0) + s_I (e(I,0) - e(0,0)) + s_T (e(I,T) - e(I,0))
public struct Guidance: Sendable, Equatable {
    /// s, or s_T of three branches.
    public var scale: Double
    /// s_I; nil: two branches.
    public var imageScale: Double?
    /// Noise levels σ/α within which guidance works, elsewhere the full branch stands alone (arXiv 2404.07724);
    /// nil: everywhere. Levels above 1000, pure noise among them, count as 1000.
    public var interval: ClosedRange<Double>?
    /// Whether the two differences of three branches are first shrunk to the smaller of their norms, per image,
    /// against over-exposure (SynCD, arXiv 2502.01720).
    public var isNormalised: Bool

    public init(
        scale: Double, imageScale: Double? = nil, interval: ClosedRange<Double>? = nil,
        isNormalised: Bool = false
    ) {
        self.scale = scale
        self.imageScale = imageScale
        self.interval = interval
        self.isNormalised = isNormalised
    }

    /// The branches that a step at this noise level needs. Those that would have no weight are left out;
    /// without references e(I,0) is e(0,0).
    public func branches(noiseLevel: Double, hasReferences: Bool = true) -> [GuidanceBranch] {
        if let interval, !interval.contains(min(noiseLevel, 1000)) { return [.full] }
        guard let imageScale, hasReferences else { return scale == 1 ? [.full] : [.unconditional, .full] }
        if isNormalised { return [.unconditional, .references, .full] }
        return (imageScale == 1 ? [] : [.unconditional]) + (imageScale == scale ? [] : [.references]) + [
            .full
        ]
    }

    /// The guided prediction `[N, ...]` from those of `branches(noiseLevel:hasReferences:)`.
    public func combine(_ branches: [(branch: GuidanceBranch, prediction: Tensor)]) -> Tensor {
        let predictions = Dictionary(branches.map { ($0.branch, $0.prediction) }, uniquingKeysWith: { $1 })
        guard let full = predictions[.full] else { preconditionFailure("the full branch is always needed") }
        switch (predictions[.unconditional], predictions[.references]) {
        case (nil, nil):
            return full
        case (let other?, nil), (nil, let other?):
            return .linearCombination([(Float(1 - scale), other), (Float(scale), full)])
        case (let plain?, let references?):
            let imageScale = imageScale ?? 1
            guard isNormalised else {
                return .linearCombination([
                    (Float(1 - imageScale), plain), (Float(imageScale - scale), references),
                    (Float(scale), full),
                ])
            }
            return normalised(
                plain, towardsReferences: references - plain, imageScale: imageScale,
                towardsText: full - references)
        }
    }

    private func normalised(
        _ plain: Tensor, towardsReferences: Tensor, imageScale: Double, towardsText: Tensor
    ) -> Tensor {
        let rows = (0..<plain.shape[0]).map { row in
            let (image, text) = (towardsReferences[rows: row..<row + 1], towardsText[rows: row..<row + 1])
            let norms = (image: image.norm, text: text.norm)
            let smaller = min(norms.image, norms.text)
            return Tensor.linearCombination([
                (1, plain[rows: row..<row + 1]),
                (norms.image > 0 ? Float(imageScale * smaller / norms.image) : 0, image),
                (norms.text > 0 ? Float(scale * smaller / norms.text) : 0, text),
            ])
        }
        return .concatenatingRows(rows)
    }
}

extension Tensor {
    /// Euclidean norm over all elements, summed in double.
    fileprivate var norm: Double { floats.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
}
