import Images
import SyntheticSubjects
import Tensors
import Testing
import ToyboxEvaluation

@testable import Collage

@Suite struct SimilarityTests {
    private struct Fixed: ImageEmbedding {
        let name = "fixed"
        let threshold = 0.5
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
        let area = try area(ColorLayoutEmbedding(), of: toys { _ in nil })
        #expect(area > 0.9, "\(area)")
    }

    /// Cats alone: colours do worse there than the network that learned to tell toys of a kind apart, whose threshold parts
    /// most pairs rightly.
    @Test func theJudgeTellsToysOfAKindApart() throws {
        let judge = try JudgeEmbedding(JudgeFile.default, on: CPUBackend())
        let cats = toys { _ in .cat }
        let (colors, learned) = (try area(ColorLayoutEmbedding(), of: cats), try area(judge, of: cats))
        #expect(learned > 0.97 && learned > colors, "\(learned), \(colors)")
        let (same, other) = try products(judge, of: cats)
        #expect(same.count { Double($0) > judge.threshold } > same.count * 8 / 10, "\(same)")
        #expect(other.count { Double($0) > judge.threshold } < other.count / 10)
        #expect(judge.name.hasPrefix("judge-") && judge.name.count == 70)
    }

    /// Twenty toys, two pictures of each.
    private func toys(_ kind: (Int) -> ToyboxKind?) -> [[ToyboxSample]] {
        let toybox = Toybox(seed: 77)
        return (0..<20).map { subject in
            (0..<2).map {
                toybox.sample(
                    toybox.composition(subject: subject, image: $0, kind: kind(subject)), image: $0, size: 64)
            }
        }
    }

    /// Similarities of pairs of one toy, and of pairs of two.
    private func products(
        _ embedding: any ImageEmbedding, of toys: [[ToyboxSample]]
    ) throws -> (same: [Float], other: [Float]) {
        let vectors = try toys.map { try $0.map { try embedding.embed($0.image, mask: $0.mask) } }
        func product(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        #expect(vectors.joined().allSatisfy { abs(product($0, $0) - 1) < 1e-4 })
        let other = vectors.indices.flatMap { a in
            vectors.indices.filter { $0 != a }.map { product(vectors[a][0], vectors[$0][1]) }
        }
        return (vectors.map { product($0[0], $0[1]) }, other)
    }

    /// How often a pair of one toy is more alike than a pair of two.
    private func area(_ embedding: any ImageEmbedding, of toys: [[ToyboxSample]]) throws -> Double {
        let (same, other) = try products(embedding, of: toys)
        let wins = same.reduce(0) { sum, value in sum + other.count { $0 < value } }
        return Double(wins) / Double(same.count * other.count)
    }
}
