import Images

/// Where sets of images of one subject come from.
///
/// A set depends on its index and the arguments only: a run that is resumed, or made again, sees the same sets.
public protocol SubjectSets: Sendable {
    /// Set `index` of an endless sequence: `count` images of one subject, of this size in pixels, all different as far as
    /// there are so many.
    func images(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage]

    /// Set `index` of subjects that training never sees, to look at; of the training sets where there are none.
    func heldOutImages(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage]
}

/// An image of a subject, with what is known of it.
public struct SubjectImage: Sendable {
    public var image: RGBImage
    public var caption: String
    /// How much of each pixel is the subject's, 0 to 255, `[height, width]`; nil where that is not known.
    public var mask: [UInt8]?
    /// The same for the same pixels, so that what is computed of them can be kept; nil for images that do not come again.
    public var identity: String?

    public init(image: RGBImage, caption: String, mask: [UInt8]? = nil, identity: String? = nil) {
        self.image = image
        self.caption = caption
        self.mask = mask
        self.identity = identity
    }
}
