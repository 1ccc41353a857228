import Images

/// The contact sheet: a row for each subject, its photos at the left, pictures at the right.
public enum EvaluationSheet {
    private static let (side, gap, divide) = (128, 4, 16)
    private static let (maximumPhotos, maximumPictures) = (4, 12)

    /// Of each subject the first photos, and pictures from all over the list of prompts.
    public static func lay(
        _ rows: [(photos: [MaskedFile], pictures: [MaskedFile])]
    ) throws(EvaluationError) -> RGBImage {
        let shown = rows.map { row in
            let count = min(row.pictures.count, maximumPictures)
            return (
                photos: Array(row.photos.prefix(maximumPhotos)),
                pictures: (0..<count).map { row.pictures[$0 * row.pictures.count / count] }
            )
        }
        let photos = shown.map(\.photos.count).max() ?? 0
        let pictures = shown.map(\.pictures.count).max() ?? 0
        let cell = side + gap
        let width = gap + photos * cell + divide + pictures * cell
        let height = gap + max(1, shown.count) * cell
        var pixels = [UInt8](repeating: 255, count: 3 * width * height)
        for (index, row) in shown.enumerated() {
            let places =
                row.photos.enumerated().map { (file: $1, left: gap + $0 * cell) }
                + row.pictures.enumerated().map {
                    (file: $1, left: gap + photos * cell + divide + $0 * cell)
                }
            for (file, left) in places {
                let image = try MaskedPicture.decode(file.path).croppedToFill(width: side, height: side)
                for y in 0..<side {
                    let to = 3 * ((gap + index * cell + y) * width + left)
                    pixels.replaceSubrange(
                        to..<to + 3 * side, with: image.pixels[3 * y * side..<3 * (y + 1) * side])
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}
