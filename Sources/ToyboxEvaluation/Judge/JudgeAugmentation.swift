import Tensors

/// What pictures go through before the judge learns from them, so that it forgives what is not the subject's doing:
/// a soft focus, a cast, noise, a camera that stood elsewhere.
struct JudgeAugmentation {
    /// The window's extent, as a share of the picture's.
    var extents: ClosedRange<Double> = 0.88...1.1
    /// How far the window's middle moves, in shares of the side.
    var shift = 0.06
    var blurChance = 0.5
    /// The side that a blurred picture is brought down to, as a share.
    var blurSides: ClosedRange<Double> = 0.4...0.9
    var contrast = 0.15
    var brightness = 0.12
    /// Of each channel alone.
    var cast = 0.06
    /// Deviation of the noise, at most.
    var noise = 0.07

    /// - Parameters:
    ///   - pixels: whose channels beyond the third move with the others, and change in nothing else.
    ///   - target: the side of what is made, in pixels.
    func callAsFunction(_ pixels: JudgePixels, side target: Int, _ random: inout RandomSource) -> JudgePixels
    {
        let side = Double(pixels.side)
        // 1. Another window.
        let extent = side * random.number(extents)
        let left = (side - extent) / 2 + side * random.number(-shift...shift)
        let top = (side - extent) / 2 + side * random.number(-shift...shift)
        var out = pixels.window(
            left: Float(left), top: Float(top), extent: Float(extent), side: target)
        // 2. A soft focus.
        if random.uniform() < blurChance {
            let small = max(4, Int((Double(target) * random.number(blurSides)).rounded()))
            out = out.averaged(to: small).enlarged(to: target)
        }
        // 3. Light and colour.
        let gain = Float(1 + random.number(-contrast...contrast))
        let level = random.number(-brightness...brightness)
        let levels = (0..<3).map { _ in Float(level + random.number(-cast...cast)) }
        // 4. Noise: the difference of two uniform numbers is close enough to normal.
        let deviation = Float(random.uniform() * noise * 6.0.squareRoot()) / Float(UInt32.max)
        let channels = out.channels
        out.values.withUnsafeMutableBufferPointer { values in
            for pixel in stride(from: 0, to: values.count, by: channels) {
                for channel in 0..<3 {
                    let bits = random.next()
                    let difference =
                        Float(UInt32(truncatingIfNeeded: bits))
                        - Float(UInt32(truncatingIfNeeded: bits >> 32))
                    let value = gain * values[pixel + channel] + levels[channel] + deviation * difference
                    values[pixel + channel] = min(max(value, -1), 1)
                }
            }
        }
        return out
    }
}

extension RandomSource {
    mutating func number(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }
}
