/// What a WebP's chunks say about the picture.
struct WebPLayout {
    /// The stored sides in pixels, both at least 1.
    let width, height: Int
    let orientation: ImageOrientation

    private static let maximumChunks = 10_000
    private static let maximumExifLength = 1 << 20

    /// Goes through the heads of all chunks, which ends before the file's stated end where one is cut.
    static func read(_ source: some ByteSource) throws(ImageError) -> WebPLayout {
        let head = try source.read(at: 0, length: 12)
        guard let stated = ByteOrder.littleEndian.uint32(head, at: 4), head.count == 12 else {
            throw .truncated(.webP)
        }
        let end = 8 + stated
        guard source.count >= end else { throw .truncated(.webP) }
        var offset = 12
        var size: (width: Int, height: Int)?
        var orientation: ImageOrientation?
        for _ in 0..<maximumChunks where offset + 8 <= end {
            let chunk = try source.read(at: offset, length: 8)
            guard let length = ByteOrder.littleEndian.uint32(chunk, at: 4) else { throw .truncated(.webP) }
            // The file has its full size, and this part of it has not been copied yet.
            if chunk.allSatisfy({ $0 == 0 }) { throw .truncated(.webP) }
            guard offset + 8 + length <= end else { throw damaged("a chunk's length") }
            let start = try source.read(at: offset + 8, length: min(length, 16))
            switch String(decoding: chunk[..<4], as: UTF8.self) {
            case "VP8X" where size == nil: size = try extendedSize(start)
            case "VP8 " where size == nil: size = try lossySize(start)
            case "VP8L" where size == nil: size = try losslessSize(start)
            case "EXIF" where orientation == nil && length <= maximumExifLength:
                orientation = exif(try source.read(at: offset + 8, length: length))
            default: break
            }
            if size == nil { throw damaged("no picture where it is due") }
            offset += 8 + length + length % 2
        }
        guard let size else { throw .truncated(.webP) }
        return WebPLayout(width: size.width, height: size.height, orientation: orientation ?? .up)
    }

    /// Flags (1 byte), reserved (3), width - 1 (3), height - 1 (3).
    private static func extendedSize(_ bytes: [UInt8]) throws(ImageError) -> (width: Int, height: Int) {
        guard bytes.count >= 10 else { throw damaged("its header") }
        guard bytes[0] & 2 == 0 else { throw .unsupportedKind(.webP, detail: "an animation") }
        func side(_ offset: Int) -> Int {
            1 + Int(bytes[offset]) + Int(bytes[offset + 1]) << 8 + Int(bytes[offset + 2]) << 16
        }
        return (side(4), side(7))
    }

    /// The frame's tag (3 bytes), a start code (3), width (14 bits of 2 bytes), height (the same).
    private static func lossySize(_ bytes: [UInt8]) throws(ImageError) -> (width: Int, height: Int) {
        guard bytes.count >= 10, bytes[3...5].elementsEqual([0x9D, 0x01, 0x2A]),
            let width = ByteOrder.littleEndian.uint16(bytes, at: 6).map({ $0 & 0x3FFF }), width > 0,
            let height = ByteOrder.littleEndian.uint16(bytes, at: 8).map({ $0 & 0x3FFF }), height > 0
        else { throw damaged("its frame's header") }
        return (width, height)
    }

    /// A signature (1 byte), width - 1 (14 bits), height - 1 (14 bits).
    private static func losslessSize(_ bytes: [UInt8]) throws(ImageError) -> (width: Int, height: Int) {
        guard bytes.count >= 5, bytes[0] == 0x2F, let bits = ByteOrder.littleEndian.uint32(bytes, at: 1)
        else {
            throw damaged("its frame's header")
        }
        return (bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
    }

    /// Some writers put JPEG's prefix before the data.
    private static func exif(_ bytes: [UInt8]) -> ImageOrientation {
        let prefix = Array("Exif\0\0".utf8)
        return .read(tiff: bytes.starts(with: prefix) ? Array(bytes.dropFirst(prefix.count)) : bytes)
    }

    private static func damaged(_ detail: String) -> ImageError { .corrupt(.webP, detail: detail) }
}
