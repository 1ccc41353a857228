import JointDiffusion
import Tensors

/// What an autoencoder is trained to do: give back the pixels that went in, through latents with a little noise.
public struct AutoencoderObjective {
    let vae: any ImageAutoencoder
    let tape: GradientTape

    public init(vae: any ImageAutoencoder, on tape: GradientTape) {
        self.vae = vae
        self.tape = tape
    }

    /// The mean squared error, of shape `[]`, on the tape.
    /// - Parameters:
    ///   - pixels: in -1...1, `[images, height, width, 3]`.
    ///   - noise: what is added to the scaled latents before they are decoded, of their shape; nil: nothing.
    public func loss(_ pixels: [Float], images: Int, height: Int, width: Int, noise: [Float]? = nil) -> Tensor
    {
        let shape: Shape = [images, height, width, 3]
        let image = Tensor(pixels, shape: shape, on: tape)
        var latents = vae.encode(image)
        if let noise { latents = latents + Tensor(noise, shape: latents.shape, on: tape) }
        let weight = 1 / Float(shape.count)
        return vae.decode(latents).weightedSquaredError(
            image, weights: Tensor(repeating: weight, shape: shape, on: tape))
    }
}
