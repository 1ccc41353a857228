/// What stands in a JPEG before its first pixel: the frame's size, the orientation, where the scan begins.
struct JPEGLayout {
    /// The stored sides in pixels, both at least 1.
    let width, height: Int
    let orientation: ImageOrientation
    /// The offset of the first byte of pixel data, behind the first start-of-scan segment.
    let scanOffset: Int

    /// More segments, or more stray bytes between them, than any camera or editor writes.
    private static let maximumSegments = 10_000
    private static let maximumStrayBytes = 65_536

    /// Walks the segments up to the first scan, reading only their heads, the frame and the Exif data.
    static func read(_ source: some ByteSource) throws(ImageError) -> JPEGLayout {
        var offset = 2
        var (segments, strayBytes) = (0, 0)
        var frame: (width: Int, height: Int)?
        var orientation: ImageOrientation?
        while true {
            let head = try source.read(at: offset, length: 4)
            guard head.count == 4 else { throw .truncated(.jpeg) }
            let marker = head[1]
            let parameterless = marker == 0x00 || marker == 0x01 || (0xD0...0xD7).contains(marker)
            if head[0] != 0xFF || marker == 0xFF || parameterless {
                // Fill bytes, or stray ones that libjpeg passes over too.
                offset += head[0] == 0xFF && parameterless ? 2 : 1
                strayBytes += 1
                guard strayBytes <= maximumStrayBytes else { throw damaged("no segment where one is due") }
                continue
            }
            guard marker != 0xD8 else { throw damaged("a second start") }
            guard marker != 0xD9 else { throw damaged("no picture before its end") }
            segments += 1
            let length = Int(head[2]) << 8 | Int(head[3])
            guard length >= 2, segments <= maximumSegments else { throw damaged("a segment's length") }
            let next = offset + 2 + length
            switch marker {
            case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(marker):
                guard frame == nil else { throw damaged("two frames") }
                frame = try readFrame(try source.read(at: offset + 4, length: 6), marker: marker)
            case 0xE1 where orientation == nil:
                let data = try source.read(at: offset + 4, length: length - 2)
                if data.starts(with: exifPrefix) {
                    orientation = .read(tiff: Array(data.dropFirst(exifPrefix.count)))
                }
            case 0xDA:
                guard let frame else { throw damaged("no frame before its scan") }
                guard next <= source.count else { throw .truncated(.jpeg) }
                return JPEGLayout(
                    width: frame.width, height: frame.height, orientation: orientation ?? .up,
                    scanOffset: next)
            default: break
            }
            offset = next
        }
    }

    /// - Parameter bytes: precision (1 byte), height (2), width (2), components (1).
    private static func readFrame(
        _ bytes: [UInt8], marker: UInt8
    ) throws(ImageError) -> (width: Int, height: Int) {
        guard bytes.count == 6 else { throw .truncated(.jpeg) }
        // Baseline, extended and progressive, Huffman-coded (C0 to C2) or arithmetic (C9, CA).
        guard [0xC0, 0xC1, 0xC2, 0xC9, 0xCA].contains(marker) else {
            throw .unsupportedKind(.jpeg, detail: "lossless or hierarchical")
        }
        guard bytes[0] == 8 else {
            throw .unsupportedKind(.jpeg, detail: "\(bytes[0]) bits a sample")
        }
        let height = Int(bytes[1]) << 8 | Int(bytes[2])
        let width = Int(bytes[3]) << 8 | Int(bytes[4])
        // A height of 0 defers it to a segment behind the scan, which no camera does.
        guard height > 0 else { throw .unsupportedKind(.jpeg, detail: "its height is not stated") }
        guard width > 0 else { throw damaged("its width is 0") }
        return (width, height)
    }

    private static let exifPrefix = Array("Exif\0\0".utf8)

    private static func damaged(_ detail: String) -> ImageError { .corrupt(.jpeg, detail: detail) }
}
