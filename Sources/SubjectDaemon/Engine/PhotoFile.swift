import Crypto
import Foundation
import Images
import JointDiffusion
import Tensors

/// A photo, read once: what is hashed is what is decoded.
public struct PhotoFile: Sendable {
    public let path: String
    /// SHA-256 of the bytes, hexadecimal.
    public let contentHash: String
    /// In pixels, as the photo is seen.
    public let width, height: Int
    private let bytes: [UInt8]
    private let limits: ImageLimits

    public init(path: String, limits: ImageLimits = .default) throws(PhotoRejection) {
        self.path = path
        self.limits = limits
        do {
            // Looks at the head only: what is no photo, or too large to be one, is never read whole.
            let header = try ImageHeader.read(contentsOf: path, limits: limits)
            (width, height) = (header.orientedWidth, header.orientedHeight)
        } catch {
            throw PhotoRejection("\(error)")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw PhotoRejection("it cannot be read any more", fault: .changed)
        }
        bytes = [UInt8](data)
        contentHash = SHA256.hash(data: data).hexadecimal
    }

    /// Name within its folder.
    public var name: String { URL(fileURLWithPath: path).lastPathComponent }

    /// Turned upright, cropped to the middle, scaled and encoded: a clean scaled latent `[1, h, w, c]`.
    public func encoded(by pipeline: Pipeline, width: Int, height: Int) throws(PhotoRejection) -> Tensor {
        pipeline.encode(pixels: try fitted(width: width, height: height).pixels, width: width, height: height)
    }

    /// Turned upright, cropped to the middle and scaled.
    public func fitted(width: Int, height: Int) throws(PhotoRejection) -> RGBImage {
        let photo: RGBImage
        do {
            photo = try PhotoDecoder.decode(bytes, limits: limits, forSize: (width, height))
        } catch {
            throw PhotoRejection("\(error)")
        }
        return photo.croppedToFill(width: width, height: height)
    }

    /// The seed of a photo's own noise: fixed by its content, so that what the photo leaves behind can be kept.
    public static func noiseSeed(contentHash: String) -> UInt64 {
        UInt64(contentHash.prefix(16), radix: 16) ?? 0
    }
}

/// A finished picture as a file.
public enum PictureFile {
    /// PNG bytes with the record of how the picture was made.
    public static func png(pixels: [UInt8], record: GenerationRecord) throws(ImageError) -> [UInt8] {
        try PNGEncoder.encode(
            RGBImage(width: record.request.width, height: record.request.height, pixels: pixels),
            text: [PNGText(keyword: "parameters", text: record.parameters)])
    }
}
