import Images

extension FuzzTarget {
    private static let endings = ImageFormat.allCases.flatMap(\.fileEndings)
    private static let words = [
        "IHDR", "IDAT", "IEND", "eXIf", "tEXt", "zTXt", "iTXt", "Exif\0\0", "II*\0", "MM\0*", "ftyp", "heic",
        "mif1", "avif", "meta", "pitm", "iprp", "ipco", "ipma", "ispe", "irot", "clap", "iloc", "mdat",
        "RIFF",
        "WEBP", "VP8 ", "VP8L", "VP8X", "EXIF", "ANIM",
    ]

    static let photos = [
        FuzzTarget(
            name: "photo-header", seeds: [("ImagesTests/Fixtures", endings)], words: words, shortRun: 12_000,
            maximumLength: 8192
        ) { bytes in
            let header = try? ImageHeader.read(bytes)
            if let header {
                let limits = ImageLimits.default
                precondition(header.width * header.height <= limits.maximumPixels)
                precondition(min(header.width, header.height) >= limits.minimumSide)
            }
            let completeness = try? ImageCompleteness.check(bytes)
            precondition(completeness != nil, "bytes in memory can be read")
            _ = PNGTextReader.read(bytes)
        },
        FuzzTarget(
            name: "photo-decode", seeds: [("ImagesTests/Fixtures", endings)], words: words, shortRun: 6000,
            maximumLength: 8192
        ) { bytes in
            let limits = ImageLimits(maximumPixels: 1 << 18, minimumSide: 1)
            guard let image = try? PhotoDecoder.decode(bytes, limits: limits) else { return }
            let header = try? ImageHeader.read(bytes, limits: limits)
            precondition(image.width == header?.orientedWidth && image.height == header?.orientedHeight)
        },
    ]
}
