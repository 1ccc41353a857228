/// A picture's scores.
public struct PictureReport: Sendable, Equatable, Codable {
    /// Its name within the subject's folder.
    public var file: String
    /// The prompt's place in the list, from 1.
    public var number: Int
    public var prompt: String
    public var scores: Scores
}
