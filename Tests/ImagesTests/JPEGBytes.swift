/// Takes JPEG files apart and puts segments into them.
enum JPEGBytes {
    /// The offset of the first segment with this marker before the scan, or of the scan itself (DA).
    static func offset(of marker: UInt8, in bytes: [UInt8]) -> Int? {
        var offset = 2
        while offset + 4 <= bytes.count {
            if bytes[offset + 1] == marker { return offset }
            if bytes[offset + 1] == 0xDA { return nil }
            offset += 2 + (Int(bytes[offset + 2]) << 8) + Int(bytes[offset + 3])
        }
        return nil
    }

    /// The same file with a segment right behind its start.
    static func with(_ data: [UInt8], marker: UInt8, in bytes: [UInt8]) -> [UInt8] {
        let length = data.count + 2
        let segment = [0xFF, marker, UInt8(length >> 8), UInt8(length & 0xFF)] + data
        return bytes[..<2] + segment + bytes[2...]
    }

    static func withExif(_ bytes: [UInt8], tiff: [UInt8]) -> [UInt8] {
        with(Array("Exif\0\0".utf8) + tiff, marker: 0xE1, in: bytes)
    }

    /// A big-endian TIFF structure whose one entry is the orientation.
    static func tiff(orientation: UInt8, type: UInt8 = 3, directory: UInt8 = 8) -> [UInt8] {
        Array("MM".utf8) + [0, 42, 0, 0, 0, directory, 0, 1, 0x01, 0x12, 0, type, 0, 0, 0, 1]
            + [0, orientation, 0, 0] + [0, 0, 0, 0]
    }
}
