import CImageCodecs

/// Decodes photos to `RGBImage`, turned as they say: JPEG, PNG and WebP by their Exif orientation, HEIC and
/// AVIF by their properties.
///
/// Colours are taken as sRGB: embedded profiles and gamma are ignored. CMYK is converted without a
/// profile, transparency is laid over white, 16 bits are rounded to 8. The same bytes and parameters give
/// the same pixels.
public enum PhotoDecoder {
    /// Decodes a file in memory.
    /// - Parameters:
    ///   - limits: checked against the header before any pixel is decoded.
    ///   - size: the sides in pixels that the picture will be shrunk to. A large JPEG is then decoded at
    ///     1/2, 1/4 or 1/8 of its size, as long as both sides stay at least twice these; it saves time
    ///     and memory.
    /// - Throws: what is wrong with the file; a damaged or cut picture is never returned in part.
    public static func decode(
        _ bytes: [UInt8], limits: ImageLimits = .default, forSize size: (width: Int, height: Int)? = nil
    ) throws(ImageError) -> RGBImage {
        let header = try ImageHeader.read(bytes, limits: limits)
        let stored =
            switch header.format {
            case .jpeg: try decodeJPEG(bytes, header, denominator: denominator(header, for: size))
            case .png: try decodePNG(bytes, header)
            case .webP: try decodeWebP(bytes, header)
            case .heic, .avif: try decodeHEIF(bytes, header)
            }
        return stored.oriented(header.orientation)
    }

    /// Decodes a file on disk; its size is checked before it is read.
    /// - Throws: also when the file cannot be read.
    public static func decode(
        contentsOf path: String, limits: ImageLimits = .default,
        forSize size: (width: Int, height: Int)? = nil
    ) throws(ImageError) -> RGBImage {
        let file = try FileSource(path: path)
        _ = try ImageHeader.read(file, limits: limits)
        return try decode(try file.read(at: 0, length: file.count), limits: limits, forSize: size)
    }

    /// The largest of 8, 4, 2 and 1 that leaves both sides at least twice as long as wanted.
    static func denominator(_ header: ImageHeader, for size: (width: Int, height: Int)?) -> Int {
        guard let size else { return 1 }
        return [8, 4, 2].first { denominator in
            header.orientedWidth / denominator >= 2 * size.width
                && header.orientedHeight / denominator >= 2 * size.height
        } ?? 1
    }

    /// Ordinary progressive files have 10 scans; the most that any known encoder writes is below 40.
    private static let maximumScans: Int32 = 64

    private static func decodeJPEG(
        _ bytes: [UInt8], _ header: ImageHeader, denominator: Int
    ) throws(ImageError) -> RGBImage {
        let width = (header.width + denominator - 1) / denominator
        let height = (header.height + denominator - 1) / denominator
        // At most four components of 2-byte coefficients, each side padded to whole blocks, and rows.
        let memory = (header.width + 64) * (header.height + 64) * 8 + (64 << 20)
        let options = jedi_jpeg_options(
            width: UInt32(header.width), height: UInt32(header.height),
            scale_denominator: UInt32(denominator), maximum_memory: memory, maximum_scans: maximumScans)
        return try image(.jpeg, width: width, height: height) { target, capacity in
            jedi_jpeg_decode(bytes, bytes.count, options, target, capacity)
        }
    }

    private static func decodePNG(_ bytes: [UInt8], _ header: ImageHeader) throws(ImageError) -> RGBImage {
        try image(.png, width: header.width, height: header.height) { target, capacity in
            jedi_png_decode(
                bytes, bytes.count, UInt32(header.width), UInt32(header.height), target, capacity)
        }
    }

    private static func decodeWebP(_ bytes: [UInt8], _ header: ImageHeader) throws(ImageError) -> RGBImage {
        try image(.webP, width: header.width, height: header.height) { target, capacity in
            jedi_webp_decode(
                bytes, bytes.count, UInt32(header.width), UInt32(header.height), target, capacity)
        }
    }

    private static func decodeHEIF(_ bytes: [UInt8], _ header: ImageHeader) throws(ImageError) -> RGBImage {
        try image(header.format, width: header.width, height: header.height) { target, capacity in
            jedi_heif_decode(
                bytes, bytes.count, UInt32(header.width), UInt32(header.height), target, capacity)
        }
    }

    /// Lets `fill` write the pixels into fresh memory, all of them or none.
    private static func image(
        _ format: ImageFormat, width: Int, height: Int,
        fill: (UnsafeMutablePointer<UInt8>?, Int) -> jedi_codec_result
    ) throws(ImageError) -> RGBImage {
        let count = width * height * 3
        var result = jedi_codec_result()
        let pixels = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            result = fill(buffer.baseAddress, count)
            filled = result.status == JEDI_CODEC_OK ? count : 0
        }
        if let error = ImageError(result, format: format) { throw error }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}
