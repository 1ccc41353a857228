/// What a picture's file says about it before anything is decoded.
public struct ImageHeader: Sendable, Equatable {
    public let format: ImageFormat
    /// The sides in pixels as decoded, before the orientation is applied.
    public let width, height: Int
    public let orientation: ImageOrientation

    /// The sides in pixels of the picture as it is seen, which is what `PhotoDecoder` returns.
    public var orientedWidth: Int { orientation.swapsSides ? height : width }
    public var orientedHeight: Int { orientation.swapsSides ? width : height }

    /// Reads the header of a file in memory and holds it against `limits`.
    /// - Throws: what is wrong with the format, the header, or the size.
    public static func read(
        _ bytes: [UInt8], limits: ImageLimits = .default
    ) throws(ImageError) -> ImageHeader {
        try read(MemorySource(bytes: bytes), limits: limits)
    }

    /// Reads the header of a file on disk without loading the file, and holds it against `limits`.
    /// - Throws: also when the file cannot be read.
    public static func read(
        contentsOf path: String, limits: ImageLimits = .default
    ) throws(ImageError) -> ImageHeader {
        try read(try FileSource(path: path), limits: limits)
    }

    static func read(_ source: some ByteSource, limits: ImageLimits) throws(ImageError) -> ImageHeader {
        try limits.check(bytes: source.count)
        let header: ImageHeader
        let format = try format(of: source)
        switch format {
        case .jpeg:
            let layout = try JPEGLayout.read(source)
            header = ImageHeader(
                format: .jpeg, width: layout.width, height: layout.height, orientation: layout.orientation)
        case .png:
            let layout = try PNGLayout.read(source)
            header = ImageHeader(
                format: .png, width: layout.width, height: layout.height, orientation: layout.orientation)
        case .webP:
            let layout = try WebPLayout.read(source)
            header = ImageHeader(
                format: .webP, width: layout.width, height: layout.height, orientation: layout.orientation)
        case .heic, .avif:
            let layout = try HEIFLayout.read(source, as: format)
            try limits.check(width: layout.codedWidth, height: layout.codedHeight)
            // The decoder turns the picture by the file's own properties, beside which Exif says nothing.
            header = ImageHeader(format: format, width: layout.width, height: layout.height, orientation: .up)
        }
        try limits.check(header)
        return header
    }

    /// The format by the first bytes; one that this build does not decode is an error that names it.
    static func format(of source: some ByteSource) throws(ImageError) -> ImageFormat {
        let head = try source.read(at: 0, length: ForeignFormat.headLength)
        guard !head.isEmpty else { throw .empty }
        if let format = ImageFormat.sniff(head) {
            if let lack = format.lack { throw .missingCodec(format, lack) }
            return format
        }
        if let format = ForeignFormat.sniff(head) { throw .unsupportedFormat(format) }
        // A file of a few bytes that begins as a picture does is one whose copy was cut short.
        if ImageFormat.pngSignature.starts(with: head) { throw .truncated(.png) }
        if ImageFormat.jpegSignature.starts(with: head) { throw .truncated(.jpeg) }
        throw .notAnImage
    }
}
