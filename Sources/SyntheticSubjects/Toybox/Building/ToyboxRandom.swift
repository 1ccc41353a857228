/// Draws that follow from a seed and from what they are for (SplitMix64), the same on every processor.
struct ToyboxRandom: Equatable {
    private var state: UInt64

    /// Draws of one purpose, apart from those of any other: a draw that is added to one changes nothing elsewhere.
    init(_ seed: UInt64, _ keys: Int..., purpose: Purpose) {
        state = Self.stirred(seed ^ 0x6A09_E667_F3BC_C909)
        for key in keys { state = Self.stirred(state ^ UInt64(bitPattern: Int64(key))) }
        state = Self.stirred(state ^ purpose.rawValue)
    }

    /// What draws are for.
    enum Purpose: UInt64 {
        case identity = 1
        case shape, photo, scene, caption
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.stirred(state)
    }

    private static func stirred(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// 0 up to 1, without 1.
    mutating func unit() -> Float { Float(next() >> 40) * (1 / 16_777_216) }

    mutating func number(_ range: ClosedRange<Float>) -> Float {
        range.lowerBound + (range.upperBound - range.lowerBound) * unit()
    }

    mutating func integer(below count: Int) -> Int { Int(next() >> 33) % count }

    mutating func chance(_ probability: Float) -> Bool { unit() < probability }

    /// -1 or 1.
    mutating func side() -> Float { chance(0.5) ? -1 : 1 }

    /// - Precondition: `choices` is not empty.
    mutating func pick<Value>(_ choices: [Value]) -> Value { choices[integer(below: choices.count)] }
}
