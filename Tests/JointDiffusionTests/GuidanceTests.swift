import JointDiffusion
import Tensors
import Testing

@Suite struct GuidanceTests {
    let backend = CPUBackend(.init(threads: 1))

    /// Two images; the differences have norms 5 and 1 in the first, 2 and 4 in the second.
    func outputs() -> [Guidance.Branch: Tensor] {
        [
            .unconditional: Tensor([1, 2, -1, 0.5], shape: [2, 2], on: backend),
            .references: Tensor([4, 6, 1, 0.5], shape: [2, 2], on: backend),
            .full: Tensor([4, 5, 1, 4.5], shape: [2, 2], on: backend),
        ]
    }

    func combined(_ plan: GuidancePlan) throws -> [Float] {
        let outputs = outputs()
        return plan.combine(try plan.branches.map { try #require(outputs[$0]) }).elements
    }

    @Test func twoBranches() throws {
        let plan = Guidance(scale: 3).plan(atNoiseLevel: 1, hasReferences: true)
        #expect(plan.branches == [.unconditional, .full])
        #expect(try combined(plan) == [10, 11, 5, 12.5])
    }

    @Test func threeBranches() throws {
        let plan = Guidance(scale: 3, imageScale: 2).plan(atNoiseLevel: 1, hasReferences: true)
        #expect(plan.branches == [.unconditional, .references, .full])
        #expect(try combined(plan) == [7, 7, 3, 12.5])
    }

    @Test(
        arguments: [
            (Guidance(scale: 1), true, [.full]),
            (Guidance(scale: 1, imageScale: 1), true, [.full]),
            (Guidance(scale: 5, imageScale: 5), true, [.unconditional, .full]),
            (Guidance(scale: 5, imageScale: 1), true, [.references, .full]),
            (Guidance(scale: 1, imageScale: 2), true, [.unconditional, .references, .full]),
            (Guidance(scale: 5, imageScale: 2), false, [.unconditional, .full]),
            (Guidance(scale: 5, imageScale: 2, normalizesDifferences: true), false, [.unconditional, .full]),
            (Guidance(scale: 1, imageScale: 2), false, [.full]),
            (Guidance(scale: 0), true, [.unconditional, .full]),
        ] as [(Guidance, Bool, [Guidance.Branch])])
    func branchesWithoutWeightAreNotEvaluated(
        guidance: Guidance, hasReferences: Bool, branches: [Guidance.Branch]
    ) {
        #expect(guidance.plan(atNoiseLevel: 1, hasReferences: hasReferences).branches == branches)
    }

    @Test func aSingleBranchIsPassedOn() throws {
        let plan = Guidance(scale: 1).plan(atNoiseLevel: 1, hasReferences: true)
        #expect(try combined(plan) == [4, 5, 1, 4.5])
    }

    @Test func differencesAreShrunkToTheSmallerNormPerImage() throws {
        let plan = Guidance(scale: 3, imageScale: 2, normalizesDifferences: true)
            .plan(atNoiseLevel: 1, hasReferences: true)
        #expect(plan.branches == [.unconditional, .references, .full])
        // First image: (3, 4) of norm 5 to norm 1, (0, -1) stays. Second: (2, 0) stays, (0, 4) to norm 2.
        let expected: [Float] = [2.2, 0.6, 3, 6.5]
        for (a, b) in zip(try combined(plan), expected) { #expect(abs(a - b) < 1e-5) }
    }

    @Test func differencesOfNoLengthAddNothing() {
        let plan = Guidance(scale: 3, imageScale: 2, normalizesDifferences: true)
            .plan(atNoiseLevel: 1, hasReferences: true)
        let same = Tensor([1, 2], shape: [1, 2], on: backend)
        #expect(plan.combine([same, same, same]).elements == [1, 2])
    }

    @Test(arguments: [(0.1, false), (0.28, true), (1, true), (5.42, true), (14, false), (.infinity, false)])
    func outsideTheIntervalTheFullBranchStandsAlone(level: Double, isGuided: Bool) {
        let plan = Guidance(scale: 3, interval: 0.28...5.42).plan(atNoiseLevel: level, hasReferences: true)
        #expect(plan.branches == (isGuided ? [.unconditional, .full] : [.full]))
    }
}
