import Images
import SyntheticSubjects
import Testing

@testable import Collage

@Suite struct SimilarityTests {
    private struct Fixed: ImageEmbedding {
        let name = "fixed"
        func embed(_ image: RGBImage, mask: [UInt8]?) -> [Float] {
            [[1, 0], [0, 1], [0.6, 0.8], [.nan, 0]][Int(image.pixels[0])]
        }
    }

    private func picture(_ value: UInt8) -> (image: RGBImage, mask: [UInt8]) {
        (RGBImage(width: 1, height: 1, pixels: [value, 0, 0]), [255])
    }

    @Test func isTheMeanOverAllPairs() throws {
        let embedding = Fixed()
        #expect(abs(try embedding.similarity([0, 1, 2].map(picture)) - (0 + 0.6 + 0.8) / 3) < 1e-6)
        #expect(try embedding.similarity([picture(0)]) == 1)
        #expect(throws: CollageError.badEmbedding(name: "fixed")) {
            try embedding.similarity([0, 3].map(picture))
        }
    }

    /// The embedding without weights tells toys apart by their colours: pairs of one toy are more alike than pairs of two.
    @Test func colorsTellToysApart() throws {
        let embedding = ColorLayoutEmbedding()
        let toys = (0..<20).map { subject in
            (0..<2).map { Toybox(seed: 77).sample(subject: subject, image: $0, size: 64) }
        }
        let vectors = try toys.map { try $0.map { try embedding.embed($0.image, mask: $0.mask) } }
        func product(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(vectors.joined().allSatisfy { abs(product($0, $0) - 1) < 1e-4 })
        let same = vectors.map { product($0[0], $0[1]) }
        let other = vectors.indices.flatMap { a in
            vectors.indices.filter { $0 != a }.map { product(vectors[a][0], vectors[$0][1]) }
        }
        let wins = same.reduce(0) { sum, value in sum + other.count { $0 < value } }
        let area = Double(wins) / Double(same.count * other.count)
        #expect(area > 0.9, "\(area)")
    }
}
