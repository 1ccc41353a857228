import Foundation
import Images
import JointDiffusion
import Tensors

/// The factor that makes an autoencoder's latents as large as noise. A U-Net is trained on latents of deviation 1, and a
/// newly trained autoencoder gives others.
public enum LatentScale {
    /// Measures the latents of `sets` sets of images and writes `scaling_factor` into the folder's `vae/config.json`.
    /// - Returns: the factor.
    @discardableResult
    public static func fit(
        model folder: String, source: any SubjectSets, sets: Int = 32, imagesPerSet: Int = 4
    )
        throws -> Double
    {
        let path = "\(folder)/vae/config.json"
        let backend = CPUBackend()
        let vae = try Autoencoders.load(folder: "\(folder)/vae", on: backend)
        let unet = try UNetConfiguration(ConfigFile(path: "\(folder)/unet/config.json"))
        let (width, height) = (unet.sampleWidth * vae.downscale, unet.sampleHeight * vae.downscale)
        var (sum, squares, count) = (0.0, 0.0, 0.0)
        for set in 0..<sets {
            for image in try source.images(set: set, count: imagesPerSet, width: width, height: height) {
                let values = try image.photo().image.pixels.map { Float($0) / 127.5 - 1 }
                for value in vae.encode(Tensor(values, shape: [1, height, width, 3], on: backend)).floats {
                    sum += Double(value)
                    squares += Double(value) * Double(value)
                    count += 1
                }
            }
        }
        let deviation = (squares / count - (sum / count) * (sum / count)).squareRoot()
        guard deviation.isFinite, deviation > 1e-6 else {
            throw TrainingError.contradiction(
                file: path, reason: "its latents have the deviation \(deviation); train it first")
        }
        let isTiny = vae is AutoencoderTiny
        let old = try ConfigFile(path: path).double("scaling_factor", default: isTiny ? 1 : 0.18215)
        let factor = old / deviation
        try JSONFile.edit(path) { $0["scaling_factor"] = factor }
        return factor
    }
}
