/// A keyword and its text in a PNG's metadata, such as `parameters` and what made the picture.
public struct PNGText: Sendable, Equatable {
    /// 1 to 79 Latin-1 characters.
    public var keyword: String
    public var text: String

    public init(keyword: String, text: String) {
        self.keyword = keyword
        self.text = text
    }

    /// The chunk that holds this text: tEXt when Latin-1 suffices, which every reader knows, else iTXt.
    func chunk() throws(ImageError) -> [UInt8] {
        let keyword = try keywordBytes()
        guard !text.unicodeScalars.contains("\0") else { throw invalid("the text contains a NUL") }
        if let latin1 = Self.latin1(text) {
            return PNGChunkWriter.bytes(type: "tEXt", data: keyword + [0] + latin1)
        }
        // Not compressed (flag and method 0), no language, no translated keyword.
        return PNGChunkWriter.bytes(type: "iTXt", data: keyword + [0, 0, 0, 0, 0] + Array(text.utf8))
    }

    /// The keyword in Latin-1, held against the rules of the format.
    private func keywordBytes() throws(ImageError) -> [UInt8] {
        guard let bytes = Self.latin1(keyword),
            bytes.allSatisfy({ (0x20...0x7E).contains($0) || $0 >= 0xA1 })
        else { throw invalid("its keyword is not printable Latin-1") }
        guard (1...79).contains(bytes.count) else { throw invalid("its keyword needs 1 to 79 characters") }
        guard bytes.first != 0x20, bytes.last != 0x20, !keyword.contains("  ") else {
            throw invalid("its keyword begins or ends with a space, or has two in a row")
        }
        return bytes
    }

    private func invalid(_ reason: String) -> ImageError { .invalidText(keyword: keyword, reason: reason) }

    /// One byte a scalar, or nil when a scalar needs more.
    private static func latin1(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
