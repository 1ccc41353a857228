/// How one number of a tensor is stored.
public enum ElementType: String, Sendable, Hashable, CaseIterable {
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"

    /// Bytes per element.
    public var size: Int {
        switch self {
        case .float32: 4
        case .float16, .bfloat16: 2
        }
    }
}
