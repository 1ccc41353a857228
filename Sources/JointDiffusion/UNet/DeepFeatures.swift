import Tensors

/// What the levels below the finest gave in a step, so that the next steps can do without them: between two steps they change
/// little, and the finest level sees each step's own latents (DeepCache, arXiv 2312.00858).
///
/// A step may take several passes through the network. They come in the same order in each step. Confined to one thread, like
/// the model.
final class DeepFeatures {
    /// For each pass of a step, what comes up to the finest level, `[N, h, w, C]`.
    private var kept: [Tensor] = []
    private var pass = 0
    private var isRenewed = true

    /// A step begins.
    /// - Parameter renewing: whether all levels run; else the passes are those of the step before.
    func beginStep(renewing: Bool) {
        if renewing { kept = [] }
        isRenewed = renewing
        pass = 0
    }

    /// What the next pass need not compute; nil if it must.
    func next() -> Tensor? {
        defer { pass += 1 }
        return isRenewed ? nil : kept[pass]
    }

    /// Keeps what the pass under way computed.
    func keep(_ features: Tensor) { kept.append(features) }
}
