extension RGBImage {
    /// The whole picture at another size, its proportions changed if they differ: bicubic, antialiased when
    /// shrinking, with Pillow's pixels to the bit, as the published scores of pictures are computed from.
    ///
    /// What lies between the passes, first along the rows, then down the columns, is rounded to 8 bits.
    /// - Precondition: both sides are at least 1.
    public func resizedBicubic(width: Int, height: Int) -> RGBImage {
        precondition(width > 0 && height > 0, "a picture has at least one pixel")
        var (pixels, rows) = (pixels, self.height)
        if width != self.width {
            pixels = Self.resampled(
                pixels, lines: rows, count: self.width, to: width, lineStride: 3 * self.width, step: 3,
                targetLineStride: 3 * width)
        }
        if height != rows {
            // Each column of each channel is a line.
            pixels = Self.resampled(
                pixels, lines: 1, count: rows, to: height, lineStride: 0, step: 3 * width,
                targetLineStride: 0)
            rows = height
        }
        return RGBImage(width: width, height: rows, pixels: pixels)
    }

    /// Resamples lines of elements, each element `step` neighbouring bytes that do not touch each other.
    private static func resampled(
        _ pixels: [UInt8], lines: Int, count: Int, to target: Int, lineStride: Int, step: Int,
        targetLineStride: Int
    ) -> [UInt8] {
        let table = ResamplingTable(
            range: 0...Double(count), sourceCount: count, targetCount: target, kernel: .bicubic)
        // Fixed point with 22 fractional bits: 8 bits of a pixel, and two for what overshoots, fit beside them.
        let one = Double(1 << 22)
        let weights = table.exactWeights.map { Int32($0 < 0 ? $0 * one - 0.5 : $0 * one + 0.5) }
        return pixels.withUnsafeBufferPointer { source in
            [UInt8](unsafeUninitializedCapacity: lines * target * step) { result, filled in
                var sums = [Int32](repeating: 0, count: step)
                for line in 0..<lines {
                    for element in 0..<target {
                        for index in 0..<step { sums[index] = 1 << 21 }
                        for tap in 0..<table.counts[element] {
                            let weight = weights[element * table.stride + tap]
                            let from = line * lineStride + (table.starts[element] + tap) * step
                            for index in 0..<step {
                                sums[index] &+= weight &* Int32(source[from &+ index])
                            }
                        }
                        let to = line * targetLineStride + element * step
                        for index in 0..<step {
                            result[to &+ index] = UInt8(clamping: sums[index] >> 22)
                        }
                    }
                }
                filled = lines * target * step
            }
        }
    }
}
