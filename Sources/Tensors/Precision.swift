/// What products and convolutions compute with. Activations between them, sums, normalisation and softmax are float32
/// in either case.
public enum Precision: String, Sendable, CaseIterable {
    case float32 = "f32"
    /// Both factors are rounded to bfloat16, products are summed in float32.
    case bfloat16 = "bf16"
}
