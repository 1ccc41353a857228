import Foundation

/// A deterministic stream of random numbers (SplitMix64), the same on every machine.
public struct RandomSource: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in (0, 1].
    public mutating func uniform() -> Double { Double((next() >> 11) + 1) * 0x1p-53 }

    /// Standard normal numbers (Box-Muller).
    public mutating func normals(_ count: Int) -> [Float] {
        var numbers: [Float] = []
        numbers.reserveCapacity(count + 1)
        while numbers.count < count {
            let radius = (-2 * log(uniform())).squareRoot()
            let angle = 2 * Double.pi * uniform()
            numbers.append(Float(radius * cos(angle)))
            numbers.append(Float(radius * sin(angle)))
        }
        if numbers.count > count { numbers.removeLast() }
        return numbers
    }
}

extension RandomSource {
    /// A seed for one of the many streams that belong to a seed: those of different numbers, and that of the seed
    /// itself, have nothing in common.
    public static func seed(_ seed: UInt64, stream number: Int) -> UInt64 {
        var first = RandomSource(seed: ~seed)
        var second = RandomSource(seed: first.next() ^ UInt64(truncatingIfNeeded: number))
        return second.next()
    }
}

extension Tensor {
    /// Standard normal noise.
    public init(normal shape: Shape, seed: UInt64, on backend: any Backend) {
        var source = RandomSource(seed: seed)
        self.init(source.normals(shape.count), shape: shape, on: backend)
    }
}
