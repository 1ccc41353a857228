import Images

/// An image of a subject, with what is known of it. Its pixels are read or drawn when they are asked for.
public struct SubjectImage: Sendable {
    public let caption: String
    /// The same for the same pixels, so that what is computed of them can be kept; nil for images that do not come again.
    public let identity: String?
    private let look: @Sendable () throws -> Photo

    /// What is to be seen.
    public struct Photo: Sendable {
        public let image: RGBImage
        /// How much of each pixel is the subject's, 0 to 255, `[height, width]`; nil where that is not known.
        public let mask: [UInt8]?

        public init(image: RGBImage, mask: [UInt8]? = nil) {
            self.image = image
            self.mask = mask
        }
    }

    public init(
        caption: String, identity: String? = nil, photo: @escaping @Sendable () throws -> Photo
    ) {
        self.caption = caption
        self.identity = identity
        look = photo
    }

    /// Reads or draws it.
    public func photo() throws -> Photo { try look() }
}
