import Foundation
import Images

/// Measures pictures with CLIP and DINO: each against its prompt and against all of its subject's photos.
///
/// Confined to one thread, as its models are.
public final class PictureScorer {
    private let clip: CLIPModel
    private let dino: DINOModel
    private var texts: [String: Embedding] = [:]

    public init(clip: CLIPModel, dino: DINOModel) {
        self.clip = clip
        self.dino = dino
    }

    /// A picture in both spaces.
    private struct Place {
        let clip, dino: Embedding
    }

    /// - Parameters:
    ///   - prompts: the subject's; a picture's number says which is its own, the first being 1.
    ///   - seen: called after each photo and each picture.
    public func score(
        _ subject: EvaluationSubject, prompts: [String], pictures: [PictureFolder.Entry],
        seen: () throws -> Void = {}
    ) throws -> SubjectReport {
        // 1. The photos: all of them, also those that the model was shown.
        var photos: [(whole: Place, subject: Place?)] = []
        for photo in subject.photos {
            photos.append(try places(photo))
            try seen()
        }
        let whole = photos.map(\.whole)
        let masked = photos.compactMap(\.subject)
        // 2. Each picture.
        var reports: [PictureReport] = []
        for picture in pictures {
            let prompt = prompts[picture.number - 1]
            let place = try places(picture.file)
            let text = try text(prompt)
            var scores = Scores(
                clipT: place.whole.clip.similarity(to: text),
                clipI: place.whole.clip.meanSimilarity(to: whole.map(\.clip)) ?? 0,
                dino: place.whole.dino.meanSimilarity(to: whole.map(\.dino)) ?? 0)
            if let own = place.subject {
                scores.maskedClipI = own.clip.meanSimilarity(to: masked.map(\.clip))
                scores.maskedDino = own.dino.meanSimilarity(to: masked.map(\.dino))
            }
            reports.append(
                PictureReport(
                    file: URL(fileURLWithPath: picture.file.path).lastPathComponent, number: picture.number,
                    prompt: prompt, scores: scores))
            try seen()
        }
        return SubjectReport(
            name: subject.name, noun: subject.noun,
            photos: subject.photos.map { URL(fileURLWithPath: $0.path).lastPathComponent },
            scores: .mean(reports.map(\.scores)), amongPhotos: among(whole, masked), pictures: reports)
    }

    private func text(_ prompt: String) throws(EvaluationError) -> Embedding {
        if let known = texts[prompt] { return known }
        let embedding = try clip.embedding(of: prompt)
        texts[prompt] = embedding
        return embedding
    }

    private func places(_ file: MaskedFile) throws(EvaluationError) -> (whole: Place, subject: Place?) {
        let picture = try MaskedPicture(file)
        return (
            try place(picture.image, file.path),
            try picture.subject.map { (image) throws(EvaluationError) in try place(image, file.path) }
        )
    }

    private func place(_ image: RGBImage, _ name: String) throws(EvaluationError) -> Place {
        Place(
            clip: try clip.embedding(of: image, name: name), dino: try dino.embedding(of: image, name: name))
    }

    /// Over all pairs of different photos; nil where there is none.
    private func among(_ photos: [Place], _ masked: [Place]) -> PhotoScores? {
        func mean(_ embeddings: [Embedding]) -> Double? {
            var similarities: [Double] = []
            for (index, embedding) in embeddings.enumerated() {
                similarities += embeddings[..<index].map { embedding.similarity(to: $0) }
            }
            return similarities.isEmpty ? nil : similarities.reduce(0, +) / Double(similarities.count)
        }
        guard let clip = mean(photos.map(\.clip)), let dino = mean(photos.map(\.dino)) else { return nil }
        return PhotoScores(
            clipI: clip, dino: dino, maskedClipI: mean(masked.map(\.clip)),
            maskedDino: mean(masked.map(\.dino)))
    }
}
