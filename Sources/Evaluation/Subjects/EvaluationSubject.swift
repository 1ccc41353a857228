/// A subject whose photos are known, and of which a model makes pictures.
public struct EvaluationSubject: Sendable, Equatable {
    /// Its folder's name.
    public var name: String
    public var folder: String
    /// What it is, as prompts say it.
    public var noun: String
    /// By name.
    public var photos: [MaskedFile]
}
