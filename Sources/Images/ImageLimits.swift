/// What a photo may be before it is decoded. The memory of a decode follows from `maximumPixels`: 3 bytes
/// a pixel for the result and at most 8 more for a progressive JPEG's coefficients.
public struct ImageLimits: Sendable, Equatable {
    /// Width times height, in pixels.
    public var maximumPixels: Int
    /// The file's size in bytes.
    public var maximumBytes: Int
    /// What both sides must have at least, in pixels.
    public var minimumSide: Int

    public init(
        maximumPixels: Int = 100_000_000, maximumBytes: Int = 200_000_000, minimumSide: Int = 16
    ) {
        self.maximumPixels = maximumPixels
        self.maximumBytes = maximumBytes
        self.minimumSide = minimumSide
    }

    public static let `default` = ImageLimits()

    func check(bytes: Int) throws(ImageError) {
        guard bytes > 0 else { throw .empty }
        guard bytes <= maximumBytes else { throw .tooManyBytes(bytes, maximum: maximumBytes) }
    }

    func check(_ header: ImageHeader) throws(ImageError) {
        let (width, height) = (header.width, header.height)
        try check(width: width, height: height)
        guard min(width, height) >= minimumSide else {
            throw .tooSmall(width: width, height: height, minimumSide: minimumSide)
        }
    }

    func check(width: Int, height: Int) throws(ImageError) {
        // All formats keep sides below 2^31, so the product fits.
        guard width * height <= maximumPixels else {
            throw .tooManyPixels(width: width, height: height, maximum: maximumPixels)
        }
    }
}
