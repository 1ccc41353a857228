import Images

/// A square picture as the judge takes it: numbers in -1...1, `[side, side, channels]`; the first three are red, green and
/// blue.
struct JudgePixels: Sendable {
    let side, channels: Int
    var values: [Float]

    init(side: Int, channels: Int = 3, values: [Float]) {
        precondition(values.count == side * side * channels, "\(values.count) numbers for a side of \(side)")
        (self.side, self.channels, self.values) = (side, channels, values)
    }

    /// Of a picture of any size, at the judge's; each pixel the mean of the area that it covers. Bytes are taken as
    /// `RGBImage` has them.
    init(_ image: RGBImage, side: Int = ToyboxJudge.side) {
        self.init(
            side: side,
            values: Self.averaged(
                image.pixels.map { Float($0) / 127.5 - 1 }, width: image.width, height: image.height,
                channels: 3, to: side
            ))
    }

    /// At another side, by the means of areas.
    func averaged(to side: Int) -> JudgePixels {
        JudgePixels(
            side: side, channels: channels,
            values: Self.averaged(
                values, width: self.side, height: self.side, channels: channels, to: side))
    }

    /// The window that begins at (`left`, `top`) and is `extent` wide, all in pixels, bilinear, at the given side. Beyond the
    /// edges their pixels go on.
    func window(left: Float, top: Float, extent: Float, side target: Int) -> JudgePixels {
        let step = extent / Float(target)
        let limit = Float(side - 1)
        func places(_ begin: Float) -> [(low: Int, high: Int, share: Float)] {
            (0..<target).map { index in
                let place = min(max(begin + (Float(index) + 0.5) * step - 0.5, 0), limit)
                let low = Int(place)
                return (low, min(low + 1, side - 1), place - Float(low))
            }
        }
        let (columns, rows) = (places(left), places(top))
        let values = self.values.withUnsafeBufferPointer { source in
            [Float](unsafeUninitializedCapacity: target * target * channels) { out, filled in
                for row in rows {
                    let (upper, lower) = (row.low * side, row.high * side)
                    for column in columns {
                        for channel in 0..<channels {
                            let (left, right) = (
                                channels * column.low + channel, channels * column.high + channel
                            )
                            let above =
                                source[channels * upper + left]
                                + column.share
                                * (source[channels * upper + right] - source[channels * upper + left])
                            let below =
                                source[channels * lower + left]
                                + column.share
                                * (source[channels * lower + right] - source[channels * lower + left])
                            out[filled] = above + row.share * (below - above)
                            filled += 1
                        }
                    }
                }
            }
        }
        return JudgePixels(side: target, channels: channels, values: values)
    }

    /// Some of the channels alone, `[side, side, range]`.
    func channels(_ range: Range<Int>) -> [Float] {
        (0..<side * side).flatMap { pixel in
            values[pixel * channels + range.lowerBound..<pixel * channels + range.upperBound]
        }
    }

    /// At another side, bilinear.
    func enlarged(to side: Int) -> JudgePixels {
        window(left: 0, top: 0, extent: Float(self.side), side: side)
    }

    /// Rows, then columns.
    private static func averaged(
        _ values: [Float], width: Int, height: Int, channels: Int, to side: Int
    ) -> [Float] {
        if width == side, height == side { return values }
        let (rows, columns) = (areas(height, side), areas(width, side))
        let length = channels * width
        var low = [Float](repeating: 0, count: side * length)
        values.withUnsafeBufferPointer { source in
            low.withUnsafeMutableBufferPointer { target in
                for (y, area) in rows.enumerated() {
                    for (row, weight) in area {
                        for index in 0..<length {
                            target[y * length + index] += weight * source[row * length + index]
                        }
                    }
                }
            }
        }
        var out = [Float](repeating: 0, count: side * side * channels)
        low.withUnsafeBufferPointer { source in
            out.withUnsafeMutableBufferPointer { target in
                for y in 0..<side {
                    for (x, area) in columns.enumerated() {
                        for (column, weight) in area {
                            for channel in 0..<channels {
                                target[(y * side + x) * channels + channel] +=
                                    weight * source[y * length + column * channels + channel]
                            }
                        }
                    }
                }
            }
        }
        return out
    }

    /// For each of `target` equal parts of `source` pixels, those that it covers and their shares of it.
    private static func areas(_ source: Int, _ target: Int) -> [[(Int, Float)]] {
        let step = Double(source) / Double(target)
        return (0..<target).map { part in
            let (begin, end) = (Double(part) * step, Double(part + 1) * step)
            return (Int(begin)..<min(source, Int(end.rounded(.up)))).compactMap { pixel in
                let share = (min(end, Double(pixel + 1)) - max(begin, Double(pixel))) / step
                return share > 1e-9 ? (pixel, Float(share)) : nil
            }
        }
    }
}
