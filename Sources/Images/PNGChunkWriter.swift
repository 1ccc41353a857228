import CImageCodecs

/// Serialises one PNG chunk.
enum PNGChunkWriter {
    /// Length, type, data and checksum of a chunk.
    /// - Parameter type: four ASCII letters.
    static func bytes(type: String, data: [UInt8]) -> [UInt8] {
        let type = Array(type.utf8)
        return bigEndian(data.count) + type + data + bigEndian(checksum(type: type, data: data))
    }

    /// The CRC-32 over type and data.
    static func checksum(type: [UInt8], data: [UInt8]) -> Int {
        Int(jedi_crc32(jedi_crc32(0, type, type.count), data, data.count))
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(number).bigEndian, Array.init)
    }
}
