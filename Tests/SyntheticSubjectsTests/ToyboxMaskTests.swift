import Images
import Testing

@testable import SyntheticSubjects

/// Masks against pictures that are rendered with the subject and without it.
@Suite struct ToyboxMaskTests {
    private let toybox = Toybox(seed: 11)

    @Test(arguments: ToyboxScene.allCases) func theSubjectIsWhereItsMaskIs(_ scene: ToyboxScene) {
        let size = 72
        for subject in 0..<3 {
            let rendering = ToyboxRendering(toybox.composition(subject: subject, image: 0, scene: scene))
            let (with, mask) = rendering.pixels(size: size)
            let (without, nothing) = rendering.pixels(size: size, showsSubject: false)
            #expect(nothing.allSatisfy { $0 == 0 })
            var (within, changedWithin, outside, brighterOutside) = (0, 0, 0, 0)
            for pixel in 0..<size * size {
                let rises = (0..<3).map {
                    Int(with.pixels[pixel * 3 + $0]) - Int(without.pixels[pixel * 3 + $0])
                }
                if mask[pixel] == 255 {
                    within += 1
                    if rises.contains(where: { abs($0) > 3 }) { changedWithin += 1 }
                } else if isFar(from: mask, pixel, size) {
                    outside += 1
                    // What the subject does to its surroundings is shadow.
                    if rises.contains(where: { $0 > 6 }) { brighterOutside += 1 }
                }
            }
            #expect(within > 80 && outside > 500)
            #expect(changedWithin * 100 >= within * 93, "\(changedWithin) of \(within)")
            #expect(brighterOutside * 200 <= outside, "\(brighterOutside) of \(outside)")
        }
    }

    @Test func edgesAreSoft() {
        let mask = toybox.sample(subject: 1, image: 0, size: 64).mask
        let between = mask.filter { $0 > 0 && $0 < 255 }.count
        #expect(between > 40 && between < mask.count / 4)
        #expect(Set(mask).count > 5)
    }

    @Test func whatStandsBeforeTheSubjectIsNotInItsMask() {
        var hidden = 0
        for subject in 0..<20 {
            var composition = toybox.composition(subject: subject, image: 0)
            composition.isOccluded = false
            let whole = toybox.sample(composition, size: 48).mask
            composition.isOccluded = true
            let part = toybox.sample(composition, size: 48).mask
            // An edge may be looked at more closely in one of them.
            #expect(zip(part, whole).allSatisfy { Int($0) <= Int($1) + 64 })
            let (a, b) = (part.reduce(0) { $0 + Int($1) }, whole.reduce(0) { $0 + Int($1) })
            #expect(a * 3 > b, "subject \(subject): most of it is hidden")
            if a * 100 < b * 98 { hidden += 1 }
        }
        #expect(hidden >= 14)
    }

    /// Whether neither the pixel nor one beside it belongs to the subject.
    private func isFar(from mask: [UInt8], _ pixel: Int, _ size: Int) -> Bool {
        let (row, column) = (pixel / size, pixel % size)
        for y in max(0, row - 1)...min(size - 1, row + 1) {
            for x in max(0, column - 1)...min(size - 1, column + 1) where mask[y * size + x] > 0 {
                return false
            }
        }
        return true
    }
}
