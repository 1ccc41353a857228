/// A photo to start from and its mask, with the files' absolute paths, links resolved.
public struct StartFiles: Codable, Sendable, Equatable {
    /// Which files they must be. One that no longer has its hash is refused as ``PhotoRejection/Fault/changed``.
    public var photos: StartPhotos
    /// Where the photo lies.
    public var photoPath: String
    /// Where the mask lies; nil where there is none.
    public var maskPath: String?

    /// All of it.
    public init(photos: StartPhotos, photoPath: String, maskPath: String? = nil) {
        self.photos = photos
        self.photoPath = photoPath
        self.maskPath = maskPath
    }
}
