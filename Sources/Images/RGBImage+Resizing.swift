extension RGBImage {
    /// The whole picture at another size, its proportions changed if they differ: Lanczos, antialiased
    /// when shrinking. The same size gives the same picture.
    /// - Precondition: both sides are at least 1.
    public func resized(width: Int, height: Int) -> RGBImage {
        resampled(
            columns: 0...Double(self.width), rows: 0...Double(self.height), width: width, height: height)
    }

    /// The largest centred part that has the proportions of `width` to `height`, at that size. The part
    /// may begin within a pixel. The same size gives the same picture.
    /// - Precondition: both sides are at least 1.
    public func croppedToFill(width: Int, height: Int) -> RGBImage {
        precondition(width > 0 && height > 0, "a picture has at least one pixel")
        // Source pixels per target pixel; the side that has fewer is shown whole.
        let wide = self.width * height > self.height * width
        let scale =
            wide ? Double(self.height) / Double(height) : Double(self.width) / Double(width)
        let (cropWidth, cropHeight) = (
            wide ? Double(width) * scale : Double(self.width),
            wide ? Double(self.height) : Double(height) * scale
        )
        let left = max(0, (Double(self.width) - cropWidth) / 2)
        let top = max(0, (Double(self.height) - cropHeight) / 2)
        return resampled(
            columns: left...min(Double(self.width), left + cropWidth),
            rows: top...min(Double(self.height), top + cropHeight), width: width, height: height)
    }

    /// One pass down the columns, one along the rows. What lies between keeps its fractions and its
    /// overshoot, so that the order of the passes leaves no trace.
    private func resampled(
        columns: ClosedRange<Double>, rows: ClosedRange<Double>, width: Int, height: Int
    ) -> RGBImage {
        precondition(width > 0 && height > 0, "a picture has at least one pixel")
        if width == self.width && height == self.height { return self }
        let across = ResamplingTable(range: columns, sourceCount: self.width, targetCount: width)
        let down = ResamplingTable(range: rows, sourceCount: self.height, targetCount: height)
        let low = Self.resampleColumns(pixels, rowLength: self.width, columns: across.sourceRange, by: down)
        let result = Self.resampleRows(low, columns: across.sourceRange, by: across)
        return RGBImage(width: width, height: height, pixels: result)
    }

    /// - Parameters:
    ///   - pixels: shape [any, rowLength, 3].
    ///   - columns: those that are wanted.
    /// - Returns: shape [table's targets, columns.count, 3], in levels of 0 to 255 and a little beyond.
    private static func resampleColumns(
        _ pixels: [UInt8], rowLength: Int, columns: Range<Int>, by table: ResamplingTable
    ) -> [Float] {
        let length = columns.count * 3
        var result = [Float](repeating: 0, count: table.starts.count * length)
        pixels.withUnsafeBufferPointer { source in
            result.withUnsafeMutableBufferPointer { target in
                for y in table.starts.indices {
                    let to = y * length
                    for tap in 0..<table.counts[y] {
                        let weight = table.weights[y * table.stride + tap]
                        let from = 3 * ((table.starts[y] + tap) * rowLength + columns.lowerBound)
                        for index in 0..<length {
                            target[to &+ index] += weight * Float(source[from &+ index])
                        }
                    }
                }
            }
        }
        return result
    }

    /// - Parameters:
    ///   - levels: shape [any, columns.count, 3], as `resampleColumns` returns them.
    ///   - columns: the source's columns that these are.
    /// - Returns: shape [any, table's targets, 3], rounded and held within 0 to 255.
    private static func resampleRows(
        _ levels: [Float], columns: Range<Int>, by table: ResamplingTable
    ) -> [UInt8] {
        let width = table.starts.count
        let height = levels.count / (columns.count * 3)
        return levels.withUnsafeBufferPointer { source in
            table.weights.withUnsafeBufferPointer { weights in
                [UInt8](unsafeUninitializedCapacity: height * width * 3) { target, filled in
                    for y in 0..<height {
                        for x in 0..<width {
                            var from = 3 * (y * columns.count + table.starts[x] - columns.lowerBound)
                            var (red, green, blue): (Float, Float, Float) = (0, 0, 0)
                            for tap in x * table.stride..<x * table.stride + table.counts[x] {
                                let weight = weights[tap]
                                red += weight * source[from]
                                green += weight * source[from + 1]
                                blue += weight * source[from + 2]
                                from += 3
                            }
                            target[filled] = byte(red)
                            target[filled + 1] = byte(green)
                            target[filled + 2] = byte(blue)
                            filled += 3
                        }
                    }
                }
            }
        }
    }

    private static func byte(_ level: Float) -> UInt8 {
        UInt8(max(0, min(255, level)) + 0.5)
    }
}
