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
    ///   - noise: what is added to the latents before they are decoded, of their shape, where they have a deviation of 1;
    ///     nil: nothing. It grows with their deviation, so that larger latents are no way to drown it.
    public func loss(
        _ pixels: [Float], weights: [Float]? = nil, images: Int, height: Int, width: Int,
        noise: [Float]? = nil
    ) -> Tensor {
        let shape: Shape = [images, height, width, 3]
        let image = Tensor(pixels, shape: shape, on: tape)
        var latents = vae.encode(image)
        if let noise {
            let deviation = Self.deviation(latents.elements)
            latents = latents + Tensor(noise.map { deviation * $0 }, shape: latents.shape, on: tape)
        }
        let share = 1 / Float(shape.count)
        let shares =
            weights.map {
                Tensor($0.flatMap { [Float](repeating: share * $0, count: 3) }, shape: shape, on: tape)
            }
            ?? Tensor(repeating: share, shape: shape, on: tape)
        return vae.decode(latents).weightedSquaredError(image, weights: shares, huber: huber)
    }

    private static func deviation(_ values: [Float]) -> Float {
        let count = Double(values.count)
        let mean = values.reduce(0.0) { $0 + Double($1) } / count
        return Float(
            (values.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count).squareRoot())
    }
}
