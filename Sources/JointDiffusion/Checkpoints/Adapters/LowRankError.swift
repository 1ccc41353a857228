import Tensors

/// Why a LoRA file cannot be added to a model; each case names the file and the key.
public enum LowRankError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A key that belongs to no weight of the model, or says something that is not understood here.
    case unknownKeys(file: String, keys: [String])
    /// One of the two factors of a module is not there.
    case incomplete(file: String, key: String)
    /// Two keys, in different spellings, for the same thing.
    case repeated(file: String, key: String)
    /// The factors do not make up a change of the model's weight.
    case wrongShape(file: String, key: String, actual: Shape, target: Shape)
    /// An `alpha` that is no number, or settings that are not understood.
    case unsupported(file: String, key: String, reason: String)

    public var description: String {
        switch self {
        case .unknownKeys(let file, let keys):
            "\(file): \(keys.count) key\(keys.count == 1 ? "" : "s") of no weight in this model, "
                + keys.prefix(3).map { "'\($0)'" }.joined(separator: ", ") + (keys.count > 3 ? ", ..." : "")
                + ". LoRA files in kohya's and diffusers' names can be added to the kind of model that they were "
                + "trained on."
        case .incomplete(let file, let key):
            "\(file): '\(key)' has no counterpart (down and up, or A and B). Copy or download the file again."
        case .repeated(let file, let key):
            "\(file): what '\(key)' holds is there twice, under another name."
        case .wrongShape(let file, let key, let actual, let target):
            "\(file): '\(key)' has shape \(actual), which does not fit the model's weight of shape \(target). "
                + "Was it trained on another kind of model?"
        case .unsupported(let file, let key, let reason):
            "\(file): '\(key)' \(reason)."
        }
    }
}
