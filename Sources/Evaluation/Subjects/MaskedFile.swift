/// A picture's file, and that of its mask: white where the subject is, black elsewhere.
public struct MaskedFile: Sendable, Equatable {
    public var path: String
    /// Nil where there is none.
    public var mask: String?
}
