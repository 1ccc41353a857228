import JointDiffusion
import Tensors
import Testing
import Training

/// What an autoencoder is trained to do.
@Suite struct AutoencoderObjectiveTests {
    /// Multiplies by a number, and divides by it again.
    private final class Scaling: ImageAutoencoder {
        let factor: Float
        let downscale = 1
        let latentChannels = 3
        let bytesPerPixel = 0

        init(factor: Float) { self.factor = factor }

        func encode(_ pixels: Tensor) -> Tensor { factor * pixels }
        func decode(_ latents: Tensor) -> Tensor { (1 / factor) * latents }
    }

    /// Noise has its share of the latents' deviation: one that makes them larger gains nothing.
    @Test func noiseGrowsWithTheLatents() {
        let tape = GradientTape(CPUBackend(CPUConfiguration(threads: 1)))
        var random = RandomSource(seed: 4)
        let pixels = random.normals(2 * 8 * 8 * 3).map { 0.5 * $0 + 0.1 }
        let noise = random.normals(pixels.count).map { 0.2 * $0 }
        let losses = [Float(0.01), 1, 50].map { factor in
            AutoencoderObjective(vae: Scaling(factor: factor), on: tape)
                .loss(pixels, images: 2, height: 8, width: 8, noise: noise).floats[0]
        }
        // A fifth of a deviation of a half, squared.
        #expect(losses.allSatisfy { abs($0 - 0.01) < 0.002 && abs($0 - losses[0]) < 1e-5 }, "\(losses)")
    }
}
