import CImageCodecs

/// Reads the texts in a PNG's metadata: tEXt, zTXt and iTXt chunks, compressed or not.
public enum PNGTextReader {
    /// One text may have so many bytes, inflated; a longer one is passed over.
    public static let maximumLength = 1 << 20
    /// So many text chunks are looked at.
    public static let maximumChunks = 256

    /// The texts in the file's order. What is damaged or too long is left out; bytes that are no PNG have
    /// none.
    public static func read(_ bytes: [UInt8]) -> [PNGText] {
        (try? read(MemorySource(bytes: bytes))) ?? []
    }

    /// The texts of a file on disk, read without loading its pixels.
    /// - Throws: when the file cannot be read.
    public static func read(contentsOf path: String) throws(ImageError) -> [PNGText] {
        try read(try FileSource(path: path))
    }

    private static func read(_ source: some ByteSource) throws(ImageError) -> [PNGText] {
        let head = try source.read(at: 0, length: ImageFormat.pngSignature.count)
        guard ImageFormat.sniff(head) == .png else { return [] }
        var texts: [PNGText] = []
        var chunks = 0
        var reader = PNGChunkReader(source)
        while let chunk = try reader.next(), chunks < maximumChunks {
            let parse: ([UInt8]) -> PNGText?
            if chunk.hasType("tEXt") {
                parse = plain
            } else if chunk.hasType("zTXt") {
                parse = compressed
            } else if chunk.hasType("iTXt") {
                parse = international
            } else {
                continue
            }
            chunks += 1
            guard chunk.length <= maximumLength, let data = try reader.data(of: chunk),
                let text = parse(data)
            else { continue }
            texts.append(text)
        }
        return texts
    }

    /// tEXt: keyword, NUL, Latin-1 text.
    private static func plain(_ data: [UInt8]) -> PNGText? {
        guard let (keyword, text) = split(data[...]) else { return nil }
        return PNGText(keyword: latin1(keyword), text: latin1(text))
    }

    /// zTXt: keyword, NUL, method 0, zlib stream of Latin-1 text.
    private static func compressed(_ data: [UInt8]) -> PNGText? {
        guard let (keyword, rest) = split(data[...]), rest.first == 0, let text = inflate(rest.dropFirst())
        else { return nil }
        return PNGText(keyword: latin1(keyword), text: latin1(text[...]))
    }

    /// iTXt: keyword, NUL, compression flag, method 0, language, NUL, translated keyword, NUL, UTF-8 text.
    private static func international(_ data: [UInt8]) -> PNGText? {
        guard let (keyword, rest) = split(data[...]), rest.count >= 2,
            let flag = rest.first, flag <= 1, rest[rest.startIndex + 1] == 0,
            let (_, translated) = split(rest.dropFirst(2)),
            let (_, stored) = split(translated),
            let bytes = flag == 1 ? inflate(stored) : Array(stored),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        return PNGText(keyword: latin1(keyword), text: text)
    }

    private static func split(_ bytes: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        guard let zero = bytes.firstIndex(of: 0) else { return nil }
        return (bytes[..<zero], bytes[(zero + 1)...])
    }

    private static func latin1(_ bytes: ArraySlice<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: bytes.map { Unicode.Scalar($0) })
        return String(text)
    }

    private static func inflate(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var complete = false
        let inflated = [UInt8](unsafeUninitializedCapacity: maximumLength) { target, filled in
            complete = bytes.withUnsafeBufferPointer { source in
                jedi_zlib_inflate(
                    source.baseAddress, source.count, target.baseAddress, maximumLength, &filled) == 1
            }
        }
        return complete ? inflated : nil
    }
}
