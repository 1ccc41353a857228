import Tensors

/// Why a checkpoint folder cannot be used; each case names the file, and the tensor or the key.
public enum CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
    case missingFile(file: String, hint: String)
    case invalidConfig(file: String, reason: String)
    case unsupportedConfig(file: String, key: String, value: String, supported: String)
    case missingTensor(file: String, tensor: String)
    case unexpectedTensors(file: String, tensors: [String])
    case repeatedTensor(file: String, tensor: String)
    case wrongShape(file: String, tensor: String, expected: Shape, actual: Shape)
    case safetensors(SafetensorsError)
    case adapter(LowRankError)
    case notEmbedding(file: String, reason: String)
    /// A file that is no checkpoint in the original layout, or one that cannot be used.
    case notOriginal(file: String, reason: String)

    public var description: String {
        switch self {
        case .missingFile(let file, let hint):
            "\(file) is missing. \(hint)"
        case .invalidConfig(let file, let reason):
            "\(file) is not a valid configuration: \(reason)."
        case .unsupportedConfig(let file, let key, let value, let supported):
            "\(file): '\(key)' is \(value), which is not supported; supported: \(supported)."
        case .missingTensor(let file, let tensor):
            "\(file): tensor '\(tensor)' is missing: the file is not whole, or its configuration is another model's."
        case .unexpectedTensors(let file, let tensors):
            "\(file): \(tensors.count) unexpected tensor\(tensors.count == 1 ? "" : "s"), "
                + tensors.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
                + (tensors.count > 3 ? ", ..." : "")
                + ": the file, or its configuration, is another model's."
        case .repeatedTensor(let file, let tensor):
            "\(file): tensor '\(tensor)' is there twice, under another name or in another file of the index."
        case .wrongShape(let file, let tensor, let expected, let actual):
            "\(file): tensor '\(tensor)' has shape \(actual), the model's architecture needs \(expected)."
        case .notOriginal(let file, let reason):
            "\(file) cannot be used as a checkpoint in one file: \(reason)."
        case .safetensors(let error):
            error.description
        case .notEmbedding(let file, let reason):
            "\(file) cannot be used as a textual-inversion embedding: \(reason)."
        case .adapter(let error):
            error.description
        }
    }
}
