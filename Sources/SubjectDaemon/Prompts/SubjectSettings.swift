import ControlAPI

/// What holds for all pictures of a subject, or of all subjects.
struct SubjectSettings: Sendable, Equatable {
    /// What the subject is one of: a dog, a person, a toy.
    var classNoun: String?
    /// What holds where a prompt says nothing.
    var defaults = PromptOptions()
    /// Which of its pictures are removed again.
    var retention: RetentionRule?
    /// What cannot be followed in it, in words for its writer.
    var problems: [String] = []

    /// What a file of these bytes holds.
    static func parse(_ bytes: [UInt8]) -> SubjectSettings {
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) else {
            return SubjectSettings(
                problems: ["It is not UTF-8 text. Save it as plain text with the encoding UTF-8."])
        }
        return SubjectSettings()
    }
}
