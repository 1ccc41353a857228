/// Why a tokenizer folder could not be used; every case names the file.
public enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file is absent or cannot be read.
    case unreadable(file: String, reason: String)
    /// The file's contents are not what its name promises.
    case malformed(file: String, reason: String)
    /// A key that must be there is not.
    case missing(file: String, key: String)
    /// A token that another file relies on has no id in `vocab.json`.
    case notInVocabulary(file: String, key: String, token: String)
    /// A value this tokenizer does not implement.
    case unsupported(file: String, key: String, value: String, allowed: [String])

    public var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file): cannot be read: \(reason). A checkpoint is a diffusers folder; copy it with all its files."
        case .malformed(let file, let reason): "\(file): \(reason)"
        case .missing(let file, let key): "\(file): \(key) is missing"
        case .notInVocabulary(let file, let key, let token):
            "\(file): \(key) names \"\(token)\", which vocab.json does not hold"
        case .unsupported(let file, let key, let value, let allowed):
            "\(file): \(key) is \(value); supported: \(allowed.joined(separator: ", "))"
        }
    }
}
