import CToybox
import Images
import Synchronization
import Testing

@testable import SyntheticSubjects

/// Toys as a trainer sees them.
@Suite struct ToyboxTests {
    private let toybox = Toybox(seed: 7)

    /// jeditrain toybox --benchmark --seed 7 --subjects 25 --images 2 --size 48
    private static let checksum: UInt64 = 0xE37E_0AAE_229C_3752

    /// Whoever changes what the same numbers draw raises `ToyboxSetRecord.currentFormat` and writes the new sum here.
    @Test func theSameNumbersMakeTheSameBytes() throws {
        let order = ToyboxOrder(seed: 7, subjects: 25, images: 2, size: 48)
        let sum = Mutex<UInt64>(0)
        // On several threads at once: none disturbs another.
        try ParallelWork.run(order.numbers, threads: 4) { subject in
            for image in 0..<2 {
                let checksum = order.sample(subject: subject, image: image).checksum
                sum.withLock { $0 &+= checksum }
            }
        }
        #expect(sum.withLock { $0 } == Self.checksum)
    }

    @Test(.enabled(if: toybox_best_code() != TOYBOX_PORTABLE), arguments: [31, 64])
    func everyVersionOfTheCodeMakesTheSameBytes(size: Int) {
        for (index, scene) in ToyboxScene.allCases.enumerated() {
            let kind = ToyboxKind.allCases[index % ToyboxKind.allCases.count]
            let rendering = ToyboxRendering(
                toybox.composition(subject: index, image: 0, kind: kind, scene: scene))
            let (portable, fast) = (
                rendering.pixels(size: size, code: TOYBOX_PORTABLE), rendering.pixels(size: size)
            )
            #expect(portable.image == fast.image && portable.mask == fast.mask, "\(scene)")
        }
    }

    @Test func thereAreManyKindsAndScenes() {
        #expect(ToyboxKind.allCases.count >= 12 && ToyboxScene.allCases.count >= 16)
        var kinds: Set<ToyboxKind> = []
        var scenes: Set<ToyboxScene> = []
        for subject in 0..<300 {
            let composition = toybox.composition(subject: subject, image: subject % 5)
            kinds.insert(composition.identity.kind)
            scenes.insert(composition.scene)
        }
        #expect(kinds.count == ToyboxKind.allCases.count && scenes.count == ToyboxScene.allCases.count)
    }

    @Test(arguments: ToyboxKind.allCases) func everyKindIsSeen(_ kind: ToyboxKind) {
        for subject in 0..<6 {
            var composition = toybox.composition(subject: subject, image: 0, kind: kind)
            composition.isOccluded = false
            let sample = toybox.sample(composition, size: 40)
            let coverage = Double(sample.mask.reduce(0) { $0 + Int($1) }) / Double(255 * sample.mask.count)
            #expect((0.04...0.85).contains(coverage), "subject \(subject) covers \(coverage)")
        }
    }

    @Test(arguments: [1, 2, 7, 33, 61]) func anySizeWillDo(_ size: Int) {
        for image in 0..<3 {
            let sample = toybox.sample(subject: 3, image: image, size: size)
            #expect((sample.image.width, sample.image.height) == (size, size))
            #expect(sample.image.pixels.count == size * size * 3 && sample.mask.count == size * size)
        }
    }

    /// The same picture at another size: its parts have the same colours.
    @Test func theSizeChangesNothingElse() {
        for subject in 0..<6 {
            let (small, large) = (
                toybox.sample(subject: subject, image: 1, size: 32),
                toybox.sample(subject: subject, image: 1, size: 96)
            )
            #expect(small.caption == large.caption && small.composition == large.composition)
            let shrunk = large.image.shrunk(by: 3)
            let difference = zip(small.image.pixels, shrunk).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
            #expect(Double(difference) / Double(shrunk.count) < 9, "subject \(subject)")
        }
    }

    @Test func aSubjectKeepsItsIdentityAndIsLikeNoOther() {
        var seen: [ToyboxIdentity] = []
        for subject in 0..<200 {
            let identity = toybox.identity(subject: subject)
            for image in 0..<3 {
                #expect(toybox.composition(subject: subject, image: image).identity == identity)
            }
            #expect(!seen.contains { $0.colors == identity.colors })
            // Colours that are easy to tell apart.
            for (a, b) in [(0, 1), (0, 2), (1, 2)] {
                #expect(identity.colors[a].distance(to: identity.colors[b]) > 0.25)
            }
            seen.append(identity)
        }
        #expect(Toybox(seed: 8).identity(subject: 0) != seen[0])
    }

    /// Of sixteen toys of one kind each is found again in another photo by nothing but its colours.
    @Test func aSubjectIsKnownByItsColors() {
        let subjects = 0..<16
        func histogram(_ subject: Int, image: Int) -> [Double] {
            var composition = toybox.composition(subject: subject, image: image, kind: .cat, scene: .meadow)
            composition.light = .bright
            composition.isOccluded = false
            return toybox.sample(composition, size: 64).colorHistogram
        }
        let known = subjects.map { histogram($0, image: 0) }
        let found = subjects.filter { subject in
            let asked = histogram(subject, image: 1)
            let likeness = known.map { zip($0, asked).reduce(0) { $0 + min($1.0, $1.1) } }
            return likeness.indices.max { likeness[$0] < likeness[$1] } == subject
        }
        #expect(found.count >= 12, "\(found)")
    }

    @Test func someSubjectsAreSetAside() {
        let heldOut = (0..<800).filter { Toybox.isHeldOut(subject: $0) }
        #expect(heldOut.count == 100 && heldOut.first == 7)
    }
}
