/// What a PNG's header and its Exif chunk say about the picture.
struct PNGLayout {
    /// The stored sides in pixels, both at least 1.
    let width, height: Int
    let orientation: ImageOrientation

    /// Larger Exif data than this are not looked at.
    private static let maximumExifLength = 1 << 20

    /// Reads the header chunk, and goes through the heads of the others to find eXIf.
    static func read(_ source: some ByteSource) throws(ImageError) -> PNGLayout {
        var reader = PNGChunkReader(source)
        let (width, height) = try readSize(&reader, of: source)
        var orientation = ImageOrientation.up
        while let chunk = try reader.next() {
            guard chunk.hasType("eXIf") else { continue }
            if chunk.length <= maximumExifLength, let data = try reader.data(of: chunk) {
                orientation = .read(tiff: data)
            }
            break
        }
        return PNGLayout(width: width, height: height, orientation: orientation)
    }

    /// Reads the header chunk, which is the first, and leaves `reader` behind it.
    static func readSize<Source: ByteSource>(
        _ reader: inout PNGChunkReader<Source>, of source: Source
    ) throws(ImageError) -> (width: Int, height: Int) {
        guard let header = try reader.next() else { throw .truncated(.png) }
        guard header.hasType("IHDR"), header.length == 13 else {
            // Apple's tools for apps write such files; they are no PNGs to anything else.
            if header.hasType("CgBI") { throw .unsupportedKind(.png, detail: "optimised for iOS apps") }
            throw .corrupt(.png, detail: "no header chunk")
        }
        let bytes = try source.read(at: header.dataOffset, length: 8)
        guard let width = ByteOrder.bigEndian.uint32(bytes, at: 0),
            let height = ByteOrder.bigEndian.uint32(bytes, at: 4)
        else { throw .truncated(.png) }
        guard (1...0x7FFF_FFFF).contains(width), (1...0x7FFF_FFFF).contains(height) else {
            throw .corrupt(.png, detail: "\(width) x \(height) pixels")
        }
        return (width, height)
    }
}
