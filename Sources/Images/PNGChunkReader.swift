import CImageCodecs

/// Goes through a PNG's chunks from the first on, reading only the chunks' heads.
struct PNGChunkReader<Source: ByteSource> {
    /// A chunk's type and where its data lie.
    struct Chunk {
        /// Four ASCII letters.
        let type: [UInt8]
        let dataOffset, length: Int

        func hasType(_ name: String) -> Bool { type.elementsEqual(name.utf8) }
    }

    private let source: Source
    private var offset = ImageFormat.pngSignature.count
    private var ended = false
    private var chunks = 0

    /// More chunks than any encoder writes.
    private static var maximumChunks: Int { 1_000_000 }

    init(_ source: Source) { self.source = source }

    /// The next chunk; nil behind IEND, and where the bytes end or make no sense.
    mutating func next() throws(ImageError) -> Chunk? {
        guard !ended, chunks < Self.maximumChunks else { return nil }
        let head = try source.read(at: offset, length: 8)
        guard let length = ByteOrder.bigEndian.uint32(head, at: 0), head.count == 8,
            offset + 12 + length <= source.count
        else {
            ended = true
            return nil
        }
        let chunk = Chunk(type: Array(head[4...]), dataOffset: offset + 8, length: length)
        offset += 12 + length
        chunks += 1
        ended = chunk.hasType("IEND")
        return chunk
    }

    /// The chunk's data, or nil when their checksum is wrong.
    func data(of chunk: Chunk) throws(ImageError) -> [UInt8]? {
        let bytes = try source.read(at: chunk.dataOffset, length: chunk.length + 4)
        guard let stated = ByteOrder.bigEndian.uint32(bytes, at: chunk.length) else { return nil }
        let data = Array(bytes.prefix(chunk.length))
        return PNGChunkWriter.checksum(type: chunk.type, data: data) == stated ? data : nil
    }
}
