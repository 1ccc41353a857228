/// Whether a file on disk holds its whole picture, told from its head and its tail without decoding. It
/// is how to see that a copy has come to its end; only the decoder knows whether the picture is sound.
public enum ImageCompleteness: Sendable, Equatable {
    /// The picture's end mark is there.
    case complete(ImageFormat)
    /// So far this is no more than a picture's beginning, or nothing yet.
    case incomplete
    /// More bytes will not help: another format, or a damaged head.
    case unusable(ImageError)

    /// Whether the picture's end mark is there.
    public var isComplete: Bool {
        if case .complete = self { true } else { false }
    }

    /// Looks at a file. Reads its head and its last 64 KiB; the middle of a JPEG only where no end mark
    /// is in these, as when a phone put a film behind the photo.
    /// - Throws: when the file cannot be read.
    public static func check(path: String) throws(ImageError) -> ImageCompleteness {
        try check(try FileSource(path: path))
    }

    /// Looks at a file in memory.
    public static func check(_ bytes: [UInt8]) throws(ImageError) -> ImageCompleteness {
        try check(MemorySource(bytes: bytes))
    }

    static func check(_ source: some ByteSource) throws(ImageError) -> ImageCompleteness {
        do throws(ImageError) {
            let format = try ImageHeader.format(of: source)
            let ended =
                switch format {
                case .jpeg: try jpegEnds(source)
                case .png: try pngEnds(source)
                case .webP: try webPEnds(source)
                case .heic, .avif: try heifEnds(source, as: format)
                }
            return ended ? .complete(format) : .incomplete
        } catch {
            switch error {
            case .empty, .truncated: return .incomplete
            case .unreadable: throw error
            case .notAnImage where try startsBlank(source): return .incomplete
            default: return .unusable(error)
            }
        }
    }

    private static let windowLength = 65_536
    /// No picture's data ends in so many zeros.
    private static let blankLength = 4096

    /// Some copies reserve the file's full size and fill it later.
    private static func startsBlank(_ source: some ByteSource) throws(ImageError) -> Bool {
        try source.read(at: 0, length: ForeignFormat.headLength).allSatisfy { $0 == 0 }
    }

    /// Within pixel data a byte FF is followed by 00 or a restart number, so that FF D9 behind the start
    /// of the scan is the picture's end. Thumbnails, which have ends of their own, stand before the scan.
    private static func jpegEnds(_ source: some ByteSource) throws(ImageError) -> Bool {
        let scan = try JPEGLayout.read(source).scanOffset
        let tail = max(scan, source.count - windowLength)
        let end: [UInt8] = [0xFF, 0xD9]
        if contains(end, try source.read(at: tail, length: windowLength)) { return true }
        // What a phone appends may be long, so go through the rest. The windows overlap by a byte.
        for offset in stride(from: scan, to: tail, by: windowLength - 1)
        where contains(end, try source.read(at: offset, length: windowLength)) {
            return true
        }
        return false
    }

    /// The IEND chunk: no data, its type, its checksum. Anything may follow it.
    private static func pngEnds(_ source: some ByteSource) throws(ImageError) -> Bool {
        var reader = PNGChunkReader(source)
        _ = try PNGLayout.readSize(&reader, of: source)
        let tail = try source.read(at: max(0, source.count - windowLength), length: windowLength)
        return contains([0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82], tail)
    }

    /// A WebP and an ISO base media file state how long they are, and have no end mark.
    private static func webPEnds(_ source: some ByteSource) throws(ImageError) -> Bool {
        if try endsBlank(source) { return false }
        _ = try WebPLayout.read(source)
        return true
    }

    private static func heifEnds(_ source: some ByteSource, as format: ImageFormat) throws(ImageError) -> Bool
    {
        if try endsBlank(source) { return false }
        _ = try HEIFLayout.read(source, as: format)
        return true
    }

    /// A copy that has not come to its end may have the file's full size, and zeros where bytes are missing.
    private static func endsBlank(_ source: some ByteSource) throws(ImageError) -> Bool {
        guard source.count >= 2 * blankLength else { return false }
        return try source.read(at: source.count - blankLength, length: blankLength).allSatisfy { $0 == 0 }
    }

    private static func contains(_ pattern: [UInt8], _ bytes: [UInt8]) -> Bool {
        guard let first = pattern.first, bytes.count >= pattern.count else { return false }
        return (0...bytes.count - pattern.count).contains { start in
            bytes[start] == first && bytes[start...].starts(with: pattern)
        }
    }
}
