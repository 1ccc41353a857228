import Tensors

/// What turns latents into pixels. Latents are scaled as the U-Net knows them.
public protocol LatentDecoder: AnyObject {
    var latentChannels: Int { get }
    /// Pixels per latent, in each direction.
    var downscale: Int { get }
    /// Bytes that the widest layers take for each pixel, about.
    var bytesPerPixel: Int { get }

    /// Scaled latents `[N, h, w, latentChannels]` -> pixels `[N, h * downscale, w * downscale, 3]`, about -1...1.
    func decode(_ latents: Tensor) -> Tensor
}
