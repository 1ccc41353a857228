import JointDiffusion
import Tensors
import Testing

@Suite struct GuidanceTests {
    let backend = CPUBackend(.init(threads: 1))

    /// Two images; the differences have norms 5 and 1 in the first, 2 and 4 in the second.
    func combined(_ guidance: Guidance, _ branches: [GuidanceBranch]) -> [Float] {
        let predictions: [GuidanceBranch: [Float]] = [
            .unconditional: [1, 2, -1, 0.5], .references: [4, 6, 1, 0.5], .full: [4, 5, 1, 4.5],
        ]
        return guidance.combine(
            branches.map { ($0, Tensor(predictions[$0] ?? [], shape: [2, 2], on: backend)) }
        ).elements
    }

    @Test(
        arguments: [
            (Guidance(scale: 3), [.unconditional, .full], [10, 11, 5, 12.5]),
            (Guidance(scale: 3, imageScale: 2), [.unconditional, .references, .full], [7, 7, 3, 12.5]),
            // Branches whose weight is zero make no difference.
            (Guidance(scale: 1), [.full], [4, 5, 1, 4.5]),
            (Guidance(scale: 1, imageScale: 1), [.full], [4, 5, 1, 4.5]),
            (Guidance(scale: 3, imageScale: 3), [.unconditional, .full], [10, 11, 5, 12.5]),
            (Guidance(scale: 3, imageScale: 1), [.references, .full], [4, 3, 1, 12.5]),
            (Guidance(scale: 1, imageScale: 2), [.unconditional, .references, .full], [7, 9, 3, 4.5]),
            (Guidance(scale: 0), [.unconditional, .full], [1, 2, -1, 0.5]),
            // (3, 4) of norm 5 to norm 1, (0, -1) stays; (2, 0) stays, (0, 4) to norm 2.
            (
                Guidance(scale: 3, imageScale: 2, isNormalised: true), [.unconditional, .references, .full],
                [2.2, 0.6, 3, 6.5]
            ),
        ] as [(Guidance, [GuidanceBranch], [Float])])
    func branchesAndTheirCombination(guidance: Guidance, branches: [GuidanceBranch], expected: [Float]) {
        #expect(guidance.branches(noiseLevel: 1) == branches)
        for (a, b) in zip(combined(guidance, branches), expected) { #expect(abs(a - b) < 1e-5) }
    }

    @Test(arguments: [
        Guidance(scale: 5, imageScale: 2), Guidance(scale: 5, imageScale: 1),
        Guidance(scale: 5, imageScale: 2, isNormalised: true), Guidance(scale: 5),
    ])
    func withoutReferencesTwoBranchesAreEnough(guidance: Guidance) {
        #expect(guidance.branches(noiseLevel: 1, hasReferences: false) == [.unconditional, .full])
        #expect(
            combined(guidance, [.unconditional, .full])
                == combined(Guidance(scale: 5), [.unconditional, .full]))
    }

    @Test func differencesOfNoLengthAddNothing() {
        let same = Tensor([1, 2], shape: [1, 2], on: backend)
        let guidance = Guidance(scale: 3, imageScale: 2, isNormalised: true)
        #expect(guidance.combine(GuidanceBranch.allCases.map { ($0, same) }).elements == [1, 2])
    }

    @Test(arguments: [(0.1, false), (0.28, true), (1, true), (5.42, true), (14, false), (.infinity, false)])
    func outsideTheIntervalTheFullBranchStandsAlone(level: Double, isGuided: Bool) {
        let branches = Guidance(scale: 3, interval: 0.28...5.42).branches(noiseLevel: level)
        #expect(branches == (isGuided ? [.unconditional, .full] : [.full]))
    }
}
