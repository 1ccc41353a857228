import CImageCodecs

/// Writes pictures as PNG.
public enum PNGEncoder {
    /// An 8-bit RGB PNG with `text` in the order given, before the pixels, so that a reader finds it in
    /// the file's head. The bytes depend on nothing but the arguments and the zlib version.
    /// - Throws: `invalidText` for what a PNG cannot hold, `encodingFailed` when memory runs out.
    public static func encode(_ image: RGBImage, text: [PNGText] = []) throws(ImageError) -> [UInt8] {
        var chunks: [UInt8] = []
        for entry in text {
            chunks += try entry.chunk()
        }
        guard let width = UInt32(exactly: image.width), let height = UInt32(exactly: image.height) else {
            throw .encodingFailed(detail: "\(image.width) x \(image.height) pixels are too many")
        }
        var bytes: UnsafeMutablePointer<UInt8>?
        var count = 0
        let result = jedi_png_encode(image.pixels, width, height, &bytes, &count)
        defer { jedi_png_free(bytes) }
        if let error = ImageError(result, format: .png) {
            guard case .corrupt(_, let detail) = error else { throw .encodingFailed(detail: "out of memory") }
            throw .encodingFailed(detail: detail)
        }
        let encoded = UnsafeBufferPointer(start: bytes, count: count)
        return encoded.prefix(headLength) + chunks + encoded.dropFirst(headLength)
    }

    /// The signature and the header chunk: the first place where texts may stand.
    private static let headLength = 8 + 12 + 13
}
