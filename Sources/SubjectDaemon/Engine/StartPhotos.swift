/// A photo that a picture is started from, and the mask of the part of it that is made: by name and content.
public struct StartPhotos: Codable, Sendable, Equatable, Hashable {
    /// The photo.
    public var photo: PictureRequest.Reference
    /// White where the picture is made, black where it stays the photo's; nil: all of it is made.
    public var mask: PictureRequest.Reference?

    private enum CodingKeys: String, CodingKey {
        case photo = "init"
        case mask
    }

    /// Both.
    public init(photo: PictureRequest.Reference, mask: PictureRequest.Reference? = nil) {
        self.photo = photo
        self.mask = mask
    }

    /// Both, as far as they are there.
    var all: [PictureRequest.Reference] { [photo] + (mask.map { [$0] } ?? []) }
}
