/// What LoRA (Hu et al., arXiv 2106.09685) adds to a product: `factor * (x downᵀ) upᵀ`.
public struct LowRankAdapter {
    /// `[rank, in]`
    let down: Parameter
    /// `[out, rank]`
    let up: Parameter
    let factor: Float

    /// - Parameters:
    ///   - down: `[rank, in]`, watched by a tape, but not on it: the tape keeps it.
    ///   - up: `[out, rank]`, likewise; zero at first, so that nothing changes.
    public init(down: Parameter, up: Parameter, factor: Float) {
        precondition(down.shape[0] == up.shape[1], "ranks of \(down.shape) and \(up.shape)")
        self.down = down
        self.up = up
        self.factor = factor
    }
}
