import Images

/// The lines of a picture, its columns or its rows, as borders between panels show in them. All in levels of 0 to 255.
struct PictureLines {
    /// How much line `i` differs from line `i + 1`: the value that a quarter of the pixels along it stay below, so that
    /// only what runs along nearly all of the line counts. One less than there are lines, and one at least.
    let changes: [Float]
    /// How much the pixels along a line differ from their neighbours on it, in the mean.
    let roughness: [Float]

    init(columnsOf image: RGBImage) {
        self.init(image, lines: image.width, length: image.height, step: 1, along: image.width)
    }

    init(rowsOf image: RGBImage) {
        self.init(image, lines: image.height, length: image.width, step: image.width, along: 1)
    }

    /// - Parameters:
    ///   - step: pixels from a line to the next.
    ///   - along: pixels from one on a line to the next.
    private init(_ image: RGBImage, lines: Int, length: Int, step: Int, along: Int) {
        func difference(_ first: Int, _ second: Int) -> Float {
            (0..<3).reduce(Float(0)) {
                $0 + abs(Float(image.pixels[3 * first + $1]) - Float(image.pixels[3 * second + $1]))
            } / 3
        }
        changes =
            lines < 2
            ? [0]
            : (0..<lines - 1).map { line in
                (0..<length).map { difference(line * step + $0 * along, (line + 1) * step + $0 * along) }
                    .sorted()[length / 4]
            }
        roughness = (0..<lines).map { line in
            (1..<max(1, length)).reduce(Float(0)) {
                $0 + difference(line * step + ($1 - 1) * along, line * step + $1 * along)
            } / Float(max(1, length - 1))
        }
    }
}
