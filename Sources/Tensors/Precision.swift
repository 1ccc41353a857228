/// What products and convolutions compute with. Activations between them, normalisation and softmax are float32 in each case, and so
/// are sums but for those of integers. Where the processor lacks a precision, integers of 16 bits may stand in for it
/// (`CPUConfiguration.narrows`).
public enum Precision: String, Sendable, CaseIterable {
    case float32 = "f32"
    /// Both factors are rounded to bfloat16, products are summed in float32.
    case bfloat16 = "bf16"
    /// Both factors are 8-bit integers, with a scale for each output channel of the weights and for each row, or each image of
    /// a convolution; products are summed in integers. What does not bear that is computed in bfloat16.
    case int8

    /// The finer of the two: no coarser than what a parameter bears.
    public func bounded(by limit: Precision) -> Precision { rank < limit.rank ? self : limit }

    private var rank: Int {
        switch self {
        case .float32: 0
        case .bfloat16: 1
        case .int8: 2
        }
    }
}
