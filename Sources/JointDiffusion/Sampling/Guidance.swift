import Tensors

/// One of the predictions that guidance combines: `e(references seen or not, prompt seen or not)`.
public enum GuidanceBranch: Sendable, Hashable {
    /// e(0, 0): no references, negative prompt.
    case unconditional
    /// e(I, 0): references, negative prompt.
    case references
    /// e(I, T): references and prompt.
    case full

    public var seesReferences: Bool { self != .unconditional }
    public var seesPrompt: Bool { self == .full }
}

/// Classifier-free guidance in two or three branches.
///
/// Two: `e(0,0) + s (e(I,T) - e(0,0))`. Three: `e(0,0) + s_I (e(I,0) - e(0,0)) + s (e(I,T) - e(I,0))`.
public struct Guidance: Sendable, Equatable {
    /// s, or s_T with three branches.
    public var scale: Double
    /// s_I; nil for two branches.
    public var imageScale: Double?
    /// Noise levels `σ / α` within which guidance works (arXiv 2404.07724); outside it the full branch stands alone.
    public var interval: ClosedRange<Double>?
    /// With three branches: both differences are scaled to the smaller of their norms, which avoids over-exposure.
    public var isNormalised = false

    public init(scale: Double, imageScale: Double? = nil) {
        self.scale = scale
        self.imageScale = imageScale
    }

    /// The branches that a step at this noise level needs.
    public func branches(noiseLevel: Double) -> [GuidanceBranch] {
        if let interval, !interval.contains(noiseLevel) { return [.full] }
        if imageScale != nil { return [.unconditional, .references, .full] }
        return scale == 1 ? [.full] : [.unconditional, .full]
    }

    /// The guided prediction from those of the branches, all of one shape.
    public func combine(_ branches: [(branch: GuidanceBranch, prediction: Tensor)]) -> Tensor {
        let predictions = Dictionary(branches.map { ($0.branch, $0.prediction) }, uniquingKeysWith: { $1 })
        guard let full = predictions[.full] else { preconditionFailure("the full branch is always needed") }
        guard let plain = predictions[.unconditional] else { return full }
        guard let imageScale, let references = predictions[.references] else {
            return Tensor.linearCombination([(Float(1 - scale), plain), (Float(scale), full)])
        }
        var weights = (image: imageScale, text: scale)
        if isNormalised {
            let norms = (image: (references - plain).norm, text: (full - references).norm)
            let smaller = min(norms.image, norms.text)
            if norms.image > 0 { weights.image *= smaller / norms.image }
            if norms.text > 0 { weights.text *= smaller / norms.text }
        }
        return Tensor.linearCombination([
            (Float(1 - weights.image), plain), (Float(weights.image - weights.text), references),
            (Float(weights.text), full),
        ])
    }
}

extension Tensor {
    /// Euclidean norm of a float32 tensor, summed in float64.
    var norm: Double { floats.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
}
