/// Which of a walk's steps do what, by their numbers alone: a walk that is gone on with does the same as one that never ended.
struct WalkPlan {
    /// The first step of the walk.
    let first: Int
    /// Of each step of the sampler.
    let branches: [[GuidanceBranch]]
    /// With fewer tokens of references: all of them are attended to in every so many steps, to see which count.
    let countsTokens: Bool
    /// The levels below the finest run in each so manieth step; nil: in all.
    let deepEvery: Int?

    private static let countingInterval = 5

    func isCounted(_ step: Int) -> Bool { countsTokens && step % Self.countingInterval == 0 }

    /// Whether all levels of the network run. They do where tokens are counted, and where there were other branches before.
    func isRenewed(_ step: Int) -> Bool {
        guard let deepEvery, step > first else { return true }
        return step % deepEvery == 0 || isCounted(step) || branches[step] != branches[step - 1]
    }

    /// Whether the walk can be gone on with from before a step: nothing of an earlier one is needed there but its latents.
    func canGoOn(from step: Int) -> Bool {
        if step == first || step == branches.count { return true }
        return (!countsTokens || isCounted(step)) && isRenewed(step)
    }
}
