import Images
import SyntheticSubjects
import Tensors
import Testing

@testable import ToyboxEvaluation

/// What happens to pictures before the judge sees them, and what tells a copy.
@Suite struct PicturesTests {
    @Test(arguments: [(7, 5), (64, 64), (128, 128), (200, 100), (65, 63)])
    func meansOfAreas(_ width: Int, _ height: Int) {
        // Brightness grows along both sides; means keep that.
        let pixels = (0..<width * height).flatMap { index -> [UInt8] in
            let (x, y) = (index % width, index / width)
            return [UInt8(255 * x / max(1, width - 1)), UInt8(255 * y / max(1, height - 1)), 51]
        }
        let seen = JudgePixels(RGBImage(width: width, height: height, pixels: pixels), side: 16)
        #expect(seen.values.count == 16 * 16 * 3)
        for y in 0..<16 {
            for x in 0..<16 {
                let at = (y * 16 + x) * 3
                let expected = [2 * (Float(x) + 0.5) / 16 - 1, 2 * (Float(y) + 0.5) / 16 - 1, -0.6]
                let tolerance: Float = width < 16 ? 0.35 : 0.1
                for channel in 0..<3 {
                    #expect(abs(seen.values[at + channel] - expected[channel]) < tolerance)
                }
            }
        }
        let mean = seen.values.reduce(0, +) / Float(seen.values.count)
        let whole = pixels.reduce(0) { $0 + Float($1) / 127.5 - 1 } / Float(pixels.count)
        #expect(abs(mean - whole) < 1e-3)
    }

    @Test func windows() {
        let values = (0..<5 * 5 * 3).map { Float($0) }
        let picture = JudgePixels(side: 5, values: values)
        #expect(picture.window(left: 0, top: 0, extent: 5, side: 5).values == values)
        // One to the right and one down, edges going on.
        let moved = picture.window(left: 1, top: 1, extent: 5, side: 5).values
        for (y, x) in [(0, 0), (2, 3), (4, 4)] {
            #expect(moved[(y * 5 + x) * 3] == values[(min(4, y + 1) * 5 + min(4, x + 1)) * 3])
        }
    }

    @Test func augmentationKeepsWhatItIsOf() {
        let picture = JudgePixels(ToyboxTrial(3, seed: 1).truth(size: 64))
        var (first, second) = (RandomSource(seed: 8), RandomSource(seed: 8))
        let augmentation = JudgeAugmentation()
        let changed = augmentation(picture, side: 64, &first)
        #expect(changed.values == augmentation(picture, side: 64, &second).values)
        #expect(changed.values != picture.values)
        #expect(changed.values.allSatisfy { (-1...1).contains($0) })
        let difference = zip(changed.values, picture.values).reduce(0) { $0 + abs($1.0 - $1.1) }
        #expect(difference / Float(picture.values.count) < 0.5)
        #expect(augmentation(picture, side: 32, &first).side == 32)
        // A fourth channel moves, and keeps its light.
        let mask = JudgePixels(
            side: 64, channels: 4, values: (0..<64 * 64 * 4).map { $0 % 4 == 3 ? 1 : -0.5 })
        #expect(augmentation(mask, side: 64, &first).channels(3..<4).allSatisfy { $0 == 1 })
    }

    /// A reference as it is, moved and noisy, and soft; then another picture of the same toy, and of another.
    @Test(arguments: 0..<12)
    func copies(_ number: Int) {
        let trial = ToyboxTrial(number, seed: 77)
        let references = trial.references(3, size: 96)
        let detector = CopyDetector(references: references.map { JudgePixels($0) })
        for (place, reference) in references.enumerated() {
            #expect(detector.isCopy(JudgePixels(reference)))
            #expect(detector.isCopy(JudgePixels(ToyboxWorker.pasted(reference, seed: UInt64(place)))))
            #expect(detector.isCopy(JudgePixels(reference).averaged(to: 24).enlarged(to: 64)))
        }
        #expect(!detector.isCopy(JudgePixels(trial.truth(size: 96))))
        for picture in trial.gallery().prefix(3).joined() { #expect(!detector.isCopy(JudgePixels(picture))) }
        #expect(!CopyDetector(references: []).isCopy(JudgePixels(references[0])))
    }
}
