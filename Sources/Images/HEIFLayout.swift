/// What the boxes of a HEIC or AVIF file say about its primary picture.
struct HEIFLayout {
    /// The sides in pixels as the picture is seen: cropped and turned. Both are at least 1.
    let width, height: Int
    /// The largest picture in the file, tiles and what is cropped away included: what decoding may cost.
    let codedWidth, codedHeight: Int

    /// More than cameras write by far; those of a picture of 48 tiles have 10 KB.
    private static let maximumDescriptionLength = 4 << 20
    private static let maximumBoxes = 10_000

    /// - Parameter format: what the file is, for the errors.
    static func read(_ source: some ByteSource, as format: ImageFormat) throws(ImageError) -> HEIFLayout {
        let meta = try readBoxes(source, as: format)
        return try HEIFDescription(meta, format: format).layout
    }

    /// The description's box, read whole, once all of the file's boxes are there.
    private static func readBoxes(
        _ source: some ByteSource, as format: ImageFormat
    ) throws(ImageError) -> [UInt8] {
        var reader = ISOMediaBoxReader(source)
        var meta: Range<Int>?
        var hasData = false
        for _ in 0..<maximumBoxes {
            switch try reader.next() {
            case .box(let box):
                if box.hasType("meta"), meta == nil { meta = box.contents }
                if box.hasType("mdat") { hasData = true }
                continue
            // Makers put things of their own behind the last box.
            case .cut(let box): if !hasData || box.hasType("mdat") { throw .truncated(format) }
            case .noise: if !hasData { throw .truncated(format) }
            case .end: break
            }
            break
        }
        guard let meta, hasData else { throw .truncated(format) }
        guard meta.count <= maximumDescriptionLength else {
            throw .tooDemanding(format, detail: "its description has \(meta.count) bytes")
        }
        return try source.read(at: meta.lowerBound, length: meta.count)
    }
}
