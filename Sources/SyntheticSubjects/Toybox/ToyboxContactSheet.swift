import Images

/// Many pictures on one: to look at.
public enum ToyboxContactSheet {
    /// Pictures in rows, with a gap between them.
    ///
    /// - Parameters:
    ///   - rows: pictures that are all as large as the first; no row longer than the first.
    ///   - gap: pixels between them and round them.
    /// - Returns: nil where there is no picture.
    public static func lay(_ rows: [[RGBImage]], gap: Int = 4) -> RGBImage? {
        guard let first = rows.first?.first else { return nil }
        let columns = rows[0].count
        let width = gap + columns * (first.width + gap)
        let height = gap + rows.count * (first.height + gap)
        var pixels = [UInt8](repeating: 250, count: width * height * 3)
        for (row, images) in rows.enumerated() {
            for (column, image) in images.enumerated() {
                precondition(image.width == first.width && image.height == first.height && column < columns)
                let (left, top) = (gap + column * (first.width + gap), gap + row * (first.height + gap))
                for line in 0..<image.height {
                    let from = line * image.width * 3
                    let to = ((top + line) * width + left) * 3
                    pixels.replaceSubrange(
                        to..<to + image.width * 3, with: image.pixels[from..<from + image.width * 3])
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}
