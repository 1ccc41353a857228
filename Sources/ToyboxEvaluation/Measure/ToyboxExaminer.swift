import Images
import SyntheticSubjects
import Tensors

/// Puts pictures before the judge. Confined to one thread, like the judge.
final class ToyboxExaminer {
    private let judge: ToyboxJudge
    private let backend: any Backend

    init(judge: ToyboxJudge, on backend: any Backend) {
        self.judge = judge
        self.backend = backend
    }

    /// What one trial's pictures are compared with.
    struct Desk {
        /// For each candidate, the right one first, the mean of its pictures' embeddings.
        let candidates: [[Float]]
        let copies: CopyDetector
        let scene: ToyboxScene
    }

    /// - Parameter references: all that may have been shown to a model.
    func desk(for trial: ToyboxTrial, references: [RGBImage]) -> Desk {
        let gallery = trial.gallery()
        let (embeddings, _) = look(gallery.joined().map { JudgePixels($0) })
        var next = 0
        let candidates = gallery.map { pictures in
            defer { next += pictures.count }
            return Retrieval.mean(Array(embeddings[next..<next + pictures.count]))
        }
        return Desk(
            candidates: candidates,
            copies: CopyDetector(references: references.map { JudgePixels($0) }), scene: trial.scene)
    }

    func verdict(_ picture: RGBImage, at desk: Desk) -> ToyboxVerdict {
        let pixels = JudgePixels(picture)
        let (embeddings, scenes) = look([pixels])
        return ToyboxVerdict(
            identity: Retrieval.nearest(to: embeddings[0], among: desk.candidates) == 0,
            scene: scenes[0] == desk.scene, likeness: desk.copies.score(pixels))
    }

    /// Embeddings and scenes of pictures.
    func look(_ pictures: [JudgePixels]) -> (embeddings: [[Float]], scenes: [ToyboxScene]) {
        let side = ToyboxJudge.side
        let (embeddings, logits) = judge(
            Tensor(pictures.flatMap(\.values), shape: [pictures.count, side, side, 3], on: backend))
        func rows(_ tensor: Tensor) -> [[Float]] {
            let (all, width) = (tensor.elements, tensor.shape[1])
            return pictures.indices.map { Array(all[$0 * width..<($0 + 1) * width]) }
        }
        let scenes = rows(logits).map { scores in
            ToyboxScene.allCases[scores.indices.max { scores[$0] < scores[$1] } ?? 0]
        }
        return (rows(embeddings), scenes)
    }
}
