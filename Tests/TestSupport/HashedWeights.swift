/// Weights that need not be stored: a counter-based random generator that `hashed_weights.py` and this type
/// compute alike, bit for bit. The script's header defines it.
public enum HashedWeights {
    /// FNV-1a, 64 bits, of `"<component>/<key>"`.
    public static func seed(component: String, key: String) -> UInt64 {
        "\(component)/\(key)".utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// Element `index` of a stream, in [-1, 1): the top 24 bits of SplitMix64's output.
    public static func uniform(seed: UInt64, index: Int) -> Float {
        var z = seed &+ UInt64(index + 1) &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        z ^= z >> 31
        return Float(z >> 40) * 0x1p-24 * 2 - 1
    }

    /// The values of one tensor of a component (`unet`, `vae`, `text_encoder`), outermost dimension first.
    public static func values(component: String, key: String, shape: [Int]) -> [Float] {
        let seed = seed(component: component, key: key)
        let count = shape.reduce(1, *)
        let (scale, offset): (Float, Float)
        if key.contains("embedding.weight") {
            (scale, offset) = (0.5, 0)
        } else if shape.count >= 2 {
            (scale, offset) = (Float((3 / Double(shape.dropFirst().reduce(1, *))).squareRoot()), 0)
        } else {
            (scale, offset) = (0.1, key.hasSuffix(".weight") ? 1 : 0)
        }
        // Separate roundings of the product and the sum, as in numpy.
        return (0..<count).map { offset + scale * uniform(seed: seed, index: $0) }
    }
}
