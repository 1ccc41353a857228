/// What a cheap look at a photo's file says: not whether its picture decodes.
enum PhotoVerdict: Codable, Sendable, Equatable {
    /// It begins and ends as its format does.
    case usable(width: Int, height: Int)
    /// Its format has not ended yet: it may still be growing.
    case incomplete
    /// It cannot be used, for this reason.
    case rejected(String)
}

/// Looks at photo files without decoding them.
protocol PhotoProbing: Sendable {
    /// The verdict over the file at that path. Never throws: what cannot be read is rejected with the reason.
    func probe(_ path: String) -> PhotoVerdict
}
