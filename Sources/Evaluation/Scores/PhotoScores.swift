/// How alike a subject's photos are among themselves: what a perfect picture would be held against.
public struct PhotoScores: Sendable, Equatable, Codable {
    public var clipI, dino: Double
    public var maskedClipI, maskedDino: Double?

    /// The means of each; nil where there is none.
    static func mean(_ scores: [PhotoScores]) -> PhotoScores? {
        guard !scores.isEmpty else { return nil }
        let mean = Scores.mean(
            scores.map {
                Scores(
                    clipT: 0, clipI: $0.clipI, dino: $0.dino, maskedClipI: $0.maskedClipI,
                    maskedDino: $0.maskedDino)
            })
        return PhotoScores(
            clipI: mean.clipI, dino: mean.dino, maskedClipI: mean.maskedClipI, maskedDino: mean.maskedDino)
    }
}
