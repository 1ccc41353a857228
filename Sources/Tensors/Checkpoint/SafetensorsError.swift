/// What is wrong with a safetensors file; every case names the file and, where there is one, the tensor.
public enum SafetensorsError: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable(file: String, reason: String)
    case truncated(file: String, expectedBytes: Int, actualBytes: Int)
    case malformedHeader(file: String, reason: String)
    case malformedTensor(file: String, tensor: String, reason: String)
    case missingTensor(file: String, tensor: String)
    case unsupportedElementType(file: String, tensor: String, elementType: String)
    case unwritable(file: String, reason: String)

    public var description: String {
        switch self {
        case .unreadable(let file, let reason):
            "\(file) cannot be read: \(reason)."
        case .truncated(let file, let expected, let actual):
            "\(file) is truncated: its header promises \(expected) bytes, the file has \(actual). "
                + "Copy or download it again."
        case .malformedHeader(let file, let reason):
            "\(file) is not a valid safetensors file: \(reason)."
        case .malformedTensor(let file, let tensor, let reason):
            "\(file): the header lies about tensor '\(tensor)': \(reason). Copy or download the file again."
        case .missingTensor(let file, let tensor):
            "\(file): tensor '\(tensor)' is missing."
        case .unsupportedElementType(let file, let tensor, let type):
            "\(file): tensor '\(tensor)' has element type \(type); F32, F16 and BF16 can be loaded. "
                + "Convert the file to one of them."
        case .unwritable(let file, let reason):
            "\(file) cannot be written: \(reason)."
        }
    }
}
