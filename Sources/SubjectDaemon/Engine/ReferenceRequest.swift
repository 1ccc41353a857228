/// A photo to encode.
public struct ReferenceRequest: Codable, Sendable, Equatable {
    /// The file's absolute path, links resolved.
    public var path: String
    /// The SHA-256 of the file's bytes, in hexadecimal. A file that no longer has it is refused as ``PhotoRejection/Fault/changed``.
    public var contentHash: String
    /// The size to encode it for, in pixels.
    public var width: Int
    /// See ``width``.
    public var height: Int

    /// All of it.
    public init(path: String, contentHash: String, width: Int, height: Int) {
        self.path = path
        self.contentHash = contentHash
        self.width = width
        self.height = height
    }
}

/// A photo in the form that the model attends to.
public struct EncodedReference: Codable, Sendable, Equatable {
    /// The latent's shape.
    public var shape: [Int]
    /// Its values, in the shape's order.
    public var latent: [Float]
    /// The SHA-256 of the photo's bytes.
    public var contentHash: String

    /// All of it.
    public init(shape: [Int], latent: [Float], contentHash: String) {
        self.shape = shape
        self.latent = latent
        self.contentHash = contentHash
    }
}

/// Why a photo cannot be encoded.
public struct PhotoRejection: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// What is to be done about it.
    public enum Fault: String, Codable, Sendable {
        /// The picture itself cannot be used; it is not tried again until the file changes.
        case unusable
        /// The file is gone or is no longer the one that was asked for; the subject is planned again.
        case changed
    }

    /// What is to be done about it.
    public var fault: Fault
    /// In words for the photo's owner.
    public var reason: String
    /// Which photo, by the hash with which it was asked for, where several were.
    public var contentHash: String?

    /// A rejection for this reason.
    public init(_ reason: String, fault: Fault = .unusable, contentHash: String? = nil) {
        self.fault = fault
        self.reason = reason
        self.contentHash = contentHash
    }

    public var description: String { reason }
}
