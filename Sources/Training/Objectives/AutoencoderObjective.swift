import JointDiffusion
import Tensors

/// What an autoencoder is trained to do: give back the pixels that went in, through latents with a little noise.
public struct AutoencoderObjective {
    let vae: any ImageAutoencoder
    let huber: Float
    let tape: GradientTape

    /// - Parameter huber: errors beyond it count linearly: an edge at the wrong place costs less than a soft one.
    public init(vae: any ImageAutoencoder, huber: Float = .infinity, on tape: GradientTape) {
        self.vae = vae
        self.huber = huber
        self.tape = tape
    }

    /// The mean squared error, weighted and bounded, of shape `[]`, on the tape.
    /// - Parameters:
    ///   - pixels: in -1...1, `[images, height, width, 3]`.
    ///   - weights: of the pixels, `[images, height, width]`, 1 in the mean; nil: 1.
    ///   - noise: what is added to the scaled latents before they are decoded, of their shape; nil: nothing.
    public func loss(
        _ pixels: [Float], weights: [Float]? = nil, images: Int, height: Int, width: Int,
        noise: [Float]? = nil
    ) -> Tensor {
        let shape: Shape = [images, height, width, 3]
        let image = Tensor(pixels, shape: shape, on: tape)
        var latents = vae.encode(image)
        if let noise { latents = latents + Tensor(noise, shape: latents.shape, on: tape) }
        let share = 1 / Float(shape.count)
        let shares =
            weights.map {
                Tensor($0.flatMap { [Float](repeating: share * $0, count: 3) }, shape: shape, on: tape)
            }
            ?? Tensor(repeating: share, shape: shape, on: tape)
        return vae.decode(latents).weightedSquaredError(image, weights: shares, huber: huber)
    }
}
