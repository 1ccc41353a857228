/// What a person asks for: a precision by its name, or the fastest that there is here.
public enum PrecisionChoice: String, Sendable, CaseIterable {
    case float32 = "f32"
    case bfloat16 = "bf16"
    case automatic = "auto"

    /// - Parameter supports: whether products run in that precision here.
    public func resolved(_ supports: (Precision) -> Bool) -> Precision {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        case .automatic: supports(.bfloat16) ? .bfloat16 : .float32
        }
    }
}
