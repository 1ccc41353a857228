/// How far a run is.
public struct CollageProgress: Sendable, Equatable {
    /// What is being done, as in "drawing".
    public let stage: String
    /// The set's place among those that are asked for, from 1, and how many these are.
    public let set, sets: Int
    /// Denoising steps of single pictures that this run has done, and that it has to do at most.
    public let done, total: Int
    public let kept, dropped: Int
}
