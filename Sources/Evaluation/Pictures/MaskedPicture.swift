import Images

/// A picture as it is and with everything but the subject made black.
struct MaskedPicture {
    let image: RGBImage
    /// Nil where there is no mask.
    let subject: RGBImage?

    init(_ file: MaskedFile) throws(EvaluationError) {
        image = try Self.decode(file.path)
        guard let path = file.mask else {
            subject = nil
            return
        }
        let mask = try Self.decode(path)
        guard (mask.width, mask.height) == (image.width, image.height) else {
            throw .wrongMask(
                file: file.path, mask: path, expected: "\(image.width)x\(image.height)",
                actual: "\(mask.width)x\(mask.height)")
        }
        // Masks are grey: red says what the others do.
        subject = image.masked(by: stride(from: 0, to: mask.pixels.count, by: 3).map { mask.pixels[$0] })
    }

    /// A picture, however small: whoever names a file means it.
    static func decode(_ path: String) throws(EvaluationError) -> RGBImage {
        do { return try PhotoDecoder.decode(contentsOf: path, limits: ImageLimits(minimumSide: 1)) } catch {
            throw .badImage(file: path, reason: "\(error)")
        }
    }
}
