/// How strongly the text and the references pull: classifier-free guidance in two or three branches.
///
/// With e(I, T) the network's output that sees the references I and the text T, and 0 where it does not
/// (no references; the negative prompt):
///
///     two branches    e(0,0) + s (e(I,T) - e(0,0))
///     three branches  e(0,0) + s_I (e(I,0) - e(0,0)) + s_T (e(I,T) - e(I,0))
public struct Guidance: Sendable, Equatable {
    /// What an evaluation of the network sees.
    public enum Branch: Sendable, Hashable, CaseIterable {
        /// e(0,0): the negative prompt, no references.
        case unconditional
        /// e(I,0): the negative prompt, the references.
        case references
        /// e(I,T): the prompt and the references.
        case full

        public var seesReferences: Bool { self != .unconditional }
        public var seesPrompt: Bool { self == .full }
    }

    /// s, or s_T of three branches. 1: no text guidance.
    public var scale: Float
    /// s_I; nil: two branches.
    public var imageScale: Float?
    /// Whether the two differences of three branches are first shrunk to the smaller of their norms, per image,
    /// against over-exposure (SynCD, arXiv 2502.01720).
    public var normalizesDifferences: Bool
    /// Noise levels σ/α where guidance applies, elsewhere the full branch stands alone (arXiv 2404.07724);
    /// nil: everywhere.
    public var interval: ClosedRange<Double>?

    public init(
        scale: Float, imageScale: Float? = nil, normalizesDifferences: Bool = false,
        interval: ClosedRange<Double>? = nil
    ) {
        self.scale = scale
        self.imageScale = imageScale
        self.normalizesDifferences = normalizesDifferences
        self.interval = interval
    }

    /// What to evaluate at a noise level, and how to combine it. Branches without weight are left out; without
    /// references e(I,0) is e(0,0).
    public func plan(atNoiseLevel level: Double, hasReferences: Bool) -> GuidancePlan {
        if let interval, !interval.contains(level) { return GuidancePlan(weights: [(.full, 1)]) }
        guard let imageScale, hasReferences else {
            return GuidancePlan(weights: [(.unconditional, 1 - scale), (.full, scale)])
        }
        if normalizesDifferences { return GuidancePlan(imageScale: imageScale, textScale: scale) }
        return GuidancePlan(
            weights: [(.unconditional, 1 - imageScale), (.references, imageScale - scale), (.full, scale)])
    }
}
