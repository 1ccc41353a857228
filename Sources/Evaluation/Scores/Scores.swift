/// How pictures fit their prompts and their subject: cosines, each a mean.
public struct Scores: Sendable, Equatable, Codable {
    /// CLIP's picture to its text of the prompt.
    public var clipT: Double
    /// CLIP's picture to the subject's photos.
    public var clipI: Double
    /// DINO's.
    public var dino: Double
    /// The two with everything but the subject made black in picture and photos; nil without masks.
    public var maskedClipI, maskedDino: Double?

    public init(
        clipT: Double, clipI: Double, dino: Double, maskedClipI: Double? = nil, maskedDino: Double? = nil
    ) {
        self.clipT = clipT
        self.clipI = clipI
        self.dino = dino
        self.maskedClipI = maskedClipI
        self.maskedDino = maskedDino
    }

    /// The means of each; of the masked ones, over those that have them.
    /// - Precondition: there is one at least.
    public static func mean(_ scores: [Scores]) -> Scores {
        precondition(!scores.isEmpty, "a mean of nothing")
        func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
        let masked = (scores.compactMap(\.maskedClipI), scores.compactMap(\.maskedDino))
        return Scores(
            clipT: mean(scores.map(\.clipT)), clipI: mean(scores.map(\.clipI)),
            dino: mean(scores.map(\.dino)),
            maskedClipI: masked.0.isEmpty ? nil : mean(masked.0),
            maskedDino: masked.1.isEmpty ? nil : mean(masked.1))
    }
}
