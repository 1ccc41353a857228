/// A subject's scores: the means over its pictures.
public struct SubjectReport: Sendable, Equatable, Codable {
    public var name: String
    /// What it is.
    public var noun: String
    /// The names of its photos, which pictures are compared with.
    public var photos: [String]
    public var scores: Scores
    /// Nil for a single photo.
    public var amongPhotos: PhotoScores?
    public var pictures: [PictureReport]
}
