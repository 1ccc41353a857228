/// What the judge says of one picture.
public struct ToyboxVerdict: Sendable, Equatable, Codable {
    /// Whether the subject is nearer to it than the other toys of its kind, and it is no copy.
    public var identity: Bool
    /// Whether it shows the scene that was asked for, and it is no copy.
    public var scene: Bool
    /// Whether it is a reference over again.
    public var copy: Bool
    /// How much it is like the reference that it is most like, -1 to 1 (see `CopyDetector`).
    public var likeness: Float

    public init(identity: Bool, scene: Bool, likeness: Float) {
        copy = likeness >= CopyDetector.threshold
        self.identity = identity && !copy
        self.scene = scene && !copy
        self.likeness = likeness
    }
}
