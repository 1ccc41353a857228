import Crypto
import Foundation
import Images
import JointDiffusion

/// A photo that a model is shown, known by its content.
struct ReferencePhoto {
    let file: MaskedFile
    /// SHA-256 of the bytes, hexadecimal.
    let hash: String
    private let bytes: [UInt8]

    init(_ file: MaskedFile) throws(EvaluationError) {
        self.file = file
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: file.path))
            bytes = [UInt8](data)
            hash = SHA256.hash(data: data).map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined()
        } catch { throw .unreadable(file.path, error) }
    }

    /// As a picture's record names it.
    var record: GenerationRecord.Reference {
        GenerationRecord.Reference(name: URL(fileURLWithPath: file.path).lastPathComponent, hash: hash)
    }

    /// Turned upright, cropped to the middle, scaled and encoded. The seed of its noise is the one that `jedid` gives it.
    func encoded(
        by pipeline: Pipeline, width: Int, height: Int
    ) throws(EvaluationError) -> Pipeline.Reference {
        let photo: RGBImage
        do {
            photo = try PhotoDecoder.decode(
                bytes, limits: ImageLimits(minimumSide: 1), forSize: (width, height))
        } catch { throw .badImage(file: file.path, reason: "\(error)") }
        let fitted = photo.croppedToFill(width: width, height: height)
        return Pipeline.Reference(
            latent: pipeline.encode(pixels: fitted.pixels, width: width, height: height),
            noiseSeed: UInt64(hash.prefix(16), radix: 16) ?? 0)
    }
}
