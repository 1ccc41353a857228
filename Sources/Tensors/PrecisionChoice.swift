/// What a person asks for: a precision by its name, or the fastest that there is here and whose pictures are those of float32 to
/// the eye.
public enum PrecisionChoice: String, Sendable, CaseIterable {
    case float32 = "f32"
    case bfloat16 = "bf16"
    case int8
    case automatic = "auto"

    /// - Parameter isFaster: whether that precision takes less time here than float32.
    public func resolved(_ isFaster: (Precision) -> Bool) -> Precision {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .int8: .int8
        case .automatic: isFaster(.bfloat16) ? .bfloat16 : .float32
        }
    }
}
