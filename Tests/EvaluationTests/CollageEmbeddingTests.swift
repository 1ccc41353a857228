import Collage
import Evaluation
import Images
import Tensors
import Testing

/// What a collage judges likeness by: the encoders of the evaluation, on the subject before black.
@Suite struct CollageEmbeddingTests {
    @Test(arguments: ["dino", "clip-first"])
    func encodersSeeTheSubjectBeforeBlack(_ name: String) throws {
        try EvaluationGolden.withCheckpoint(name) { folder in
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            let embedding: any ImageEmbedding =
                name == "dino"
                ? try EncoderEmbedding.dino(folder: folder.path, on: backend)
                : try EncoderEmbedding.clip(folder: folder.path, on: backend)
            let image = EvaluationGolden.picture("photo0", 41, 37)
            let mask = EvaluationGolden.mask(41, 37)
            let shares = stride(from: 0, to: mask.pixels.count, by: 3).map { mask.pixels[$0] }
            let masked = try embedding.embed(image, mask: shares)
            #expect(masked == (try embedding.embed(image.masked(by: shares), mask: nil)))
            #expect(masked != (try embedding.embed(image, mask: nil)))
            #expect(abs(masked.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
            // Another network's sets are not taken for its own.
            try EvaluationGolden.withCheckpoint(name, spoil: { $0[0].tensor = $0[0].tensor + $0[0].tensor }) {
                other in
                let second: any ImageEmbedding =
                    name == "dino"
                    ? try EncoderEmbedding.dino(folder: other.path, on: backend)
                    : try EncoderEmbedding.clip(folder: other.path, on: backend)
                #expect(second.name != embedding.name)
            }
        }
    }
}
