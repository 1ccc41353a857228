/// Bytes that are read where they are needed: a file's, or those in memory. Parsers written on it read
/// a header from a large file without loading the file.
protocol ByteSource {
    /// The number of bytes there are.
    var count: Int { get }

    /// The bytes from `offset`, `length` of them or fewer where the source ends; none from beyond its end.
    func read(at offset: Int, length: Int) throws(ImageError) -> [UInt8]
}

/// Bytes in memory.
struct MemorySource: ByteSource {
    let bytes: [UInt8]

    var count: Int { bytes.count }

    func read(at offset: Int, length: Int) -> [UInt8] {
        guard offset >= 0, offset < bytes.count, length > 0 else { return [] }
        return Array(bytes[offset..<min(bytes.count, offset + length)])
    }
}
