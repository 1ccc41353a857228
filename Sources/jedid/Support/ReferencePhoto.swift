import ArgumentParser
import Crypto
import Foundation
import Images
import JointDiffusion

/// A reference photo given on the command line, read once.
struct ReferencePhoto {
    let path: String
    /// SHA-256 of the file, hexadecimal.
    let hash: String
    private let bytes: [UInt8]
    private let noiseSeed: UInt64

    var name: String { URL(fileURLWithPath: path).lastPathComponent }

    init(path: String) throws {
        self.path = path
        do {
            // Refuses what is no photo, or too large to be one, before reading all of it.
            _ = try ImageHeader.read(contentsOf: path, limits: .default)
        } catch {
            throw ValidationError("\(path): \(error)")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(path): it cannot be read; check that it is there and readable.")
        }
        bytes = [UInt8](data)
        let digest = SHA256.hash(data: data)
        hash = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        noiseSeed = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    func encoded(by pipeline: Pipeline, for request: GenerationRequest) throws -> Pipeline.Reference {
        let image: RGBImage
        do {
            image = try PhotoDecoder.decode(
                bytes, limits: .default, forSize: (width: request.width, height: request.height))
        } catch {
            throw ValidationError("\(path): \(error)")
        }
        let fitted = image.croppedToFill(width: request.width, height: request.height)
        let latent = pipeline.encode(
            pixels: fitted.pixels, width: request.width, height: request.height)
        return Pipeline.Reference(latent: latent, noiseSeed: noiseSeed)
    }
}
