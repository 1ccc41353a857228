/// Takes PNG files apart and puts chunks into them.
enum PNGBytes {
    /// A whole chunk. The checksum is computed bit by bit, apart from the code under test.
    static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return word(UInt32(data.count)) + body + word(checksum(body))
    }

    /// The same file with chunks behind its header.
    static func with(_ chunks: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        bytes[..<33] + chunks + bytes[33...]
    }

    /// The types of all chunks.
    static func types(_ bytes: [UInt8]) -> [String] {
        chunks(bytes).map { String(decoding: bytes[$0.lowerBound + 4..<$0.lowerBound + 8], as: UTF8.self) }
    }

    /// The same file with the right checksum in each chunk, as far as the lengths make sense.
    static func withMendedChecksums(_ bytes: [UInt8]) -> [UInt8] {
        var mended = bytes
        for chunk in chunks(bytes) {
            let end = chunk.upperBound - 4
            mended.replaceSubrange(
                end..<chunk.upperBound, with: word(checksum(Array(bytes[chunk.lowerBound + 4..<end]))))
        }
        return mended
    }

    private static func chunks(_ bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var offset = 8
        while offset + 12 <= bytes.count {
            let length = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            guard offset + 12 + length <= bytes.count else { break }
            found.append(offset..<offset + 12 + length)
            offset += 12 + length
        }
        return found
    }

    private static func word(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian, Array.init)
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { rest, _ in
                rest & 1 == 1 ? rest >> 1 ^ 0xEDB8_8320 : rest >> 1
            }
        }
    }
}
