import Images
import JointDiffusion
import SyntheticSubjects
import Testing

@testable import Collage

/// Against toys, whose exact masks are known.
@Suite struct MaskTests {
    @Test func otsuPartsTwoClasses() {
        let values: [Float] = Array(repeating: 0.2, count: 30) + Array(repeating: 0.7, count: 10)
        let threshold = Plane(width: 8, height: 5, values: values).otsuThreshold
        #expect(threshold > 0.2 && threshold <= 0.7)
        let uneven: [Float] = (0..<60).map { 0.1 + Float($0 % 7) / 100 } + [0.9, 0.95, 0.85, 0.9]
        #expect(0.165...0.85 ~= Plane(width: 8, height: 8, values: uneven).otsuThreshold)
    }

    @Test func keepsTheLargestPieceAndFillsItsHoles() {
        let drawn = """
            ##.....
            ...###.
            ...#.#.
            ...###.
            #......
            """
        let filled = """
            .......
            ...###.
            ...###.
            ...###.
            .......
            """
        let bits = { (text: String) in text.filter { $0 != "\n" }.map { $0 == "#" } }
        #expect(MaskPieces.largest(bits(drawn), width: 7) == bits(filled))
        #expect(MaskPieces.largest(Array(repeating: false, count: 6), width: 3).allSatisfy { !$0 })
    }

    @Test func planesKeepTheirSumAndTheirPlace() {
        var spot = Plane(width: 9, height: 6, values: Array(repeating: 0, count: 54))
        spot.values[2 * 9 + 4] = 1
        let blurred = spot.blurred(radius: 1)
        #expect(abs(blurred.values.reduce(0, +) - 1) < 1e-5)
        #expect(blurred.values[2 * 9 + 4] == blurred.values[1 * 9 + 3])
        let large = spot.resized(width: 27, height: 18)
        let highest = large.values.indices.max { large.values[$0] < large.values[$1] } ?? 0
        #expect(highest == 7 * 27 + 13)
        let constant = Plane(width: 5, height: 4, values: Array(repeating: 0.3, count: 20))
        #expect(constant.resized(width: 3, height: 9).values.allSatisfy { abs($0 - 0.3) < 1e-6 })
    }

    /// What is measured stands in the README.
    @Test(arguments: [64, 160]) func saliencyFindsToys(_ size: Int) {
        let overlaps = (0..<15).flatMap { subject in
            (0..<2).map { image in
                let toy = Toybox(seed: 77).sample(subject: subject, image: image, size: size)
                let mask = SubjectMask.find(in: toy.image, attention: nil, by: .auto)
                #expect(mask.source == .saliency)
                return Scratch.overlap(mask.pixels, toy.mask)
            }
        }
        let mean = overlaps.reduce(0, +) / Double(overlaps.count)
        #expect(mean > 0.7, "mean IoU \(mean)")
    }

    /// The embedded model's own eye for the noun, on toys of kinds that it knows.
    @Test func attentionFindsToys() throws {
        let pipeline = Pipeline(try Scratch.model(Scratch.toybox))
        var overlaps: [MaskSource: [Double]] = [:]
        for subject in 0..<4 {
            for (image, scene) in [ToyboxScene.beach, .snow, .forest].enumerated() {
                let kind = [ToyboxKind.cat, .bear, .fish, .robot][subject % 4]
                let toybox = Toybox(seed: 5)
                let toy = toybox.sample(
                    toybox.composition(subject: subject, image: image, kind: kind, scene: scene), size: 64)
                let latent = pipeline.encode(pixels: toy.image.pixels, width: 64, height: 64)
                let map = try #require(
                    try pipeline.attention(
                        to: kind.noun, in: latent, captions: [toy.plainCaption], seed: 1)[0])
                #expect(map.allSatisfy { 0...1 ~= $0 })
                let plane = Plane(width: latent.shape[2], height: latent.shape[1], values: map)
                for source in MaskSource.allCases {
                    let mask = SubjectMask.find(in: toy.image, attention: plane, by: source)
                    overlaps[source, default: []].append(Scratch.overlap(mask.pixels, toy.mask))
                }
            }
        }
        let means = overlaps.mapValues { $0.reduce(0, +) / Double($0.count) }
        // This model's attention is poor; what is found automatically must not be.
        #expect(means[.attention, default: 0] > 0.2, "\(means)")
        #expect(means[.auto, default: 0] > 0.75, "\(means)")
    }

    @Test func aMaskGrowsOnAllSides() {
        let mask = SubjectMask(
            pixels: (0..<49).map { $0 == 24 ? 255 : 0 }, source: .saliency)
        #expect(mask.coverage == 1.0 / 49)
        let grown = mask.grown(by: 2, width: 7)
        #expect(grown.count { $0 == 255 } == 25)
        #expect(grown[24] == 255 && grown[2 * 7 - 5 + 3] == 255 && grown[0] == 0)
    }
}
