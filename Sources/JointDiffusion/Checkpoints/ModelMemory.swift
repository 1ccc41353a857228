import Tensors

/// How much memory pictures take with a model, so that none is begun that would be killed for it.
///
/// An estimate from the model's shapes, held against what a checkpoint of Stable Diffusion 1.5's size takes.
public struct ModelMemory: Codable, Sendable, Equatable {
    /// Bytes of all weights, in the form that is computed with.
    public var weights: Int
    /// Bytes that decoding or encoding takes for each pixel.
    public var perPixel: Int
    /// Bytes that a pass through the U-Net takes for each latent pixel of its images.
    public var perLatentPixel: Int
    /// Bytes that a reference leaves behind in the U-Net, for each of its latent pixels.
    public var perReferenceLatentPixel: Int
    /// Pixels per latent pixel, in each direction.
    public var downscale: Int

    /// What the process takes besides: libraries, threads, tables.
    static let base = 96 << 20

    /// Bytes that a process needs for a picture of this kind, weights included.
    public func needed(width: Int, height: Int, mode: ReferenceMode, references: Int) -> Int {
        let latentPixels = (width / downscale) * (height / downscale)
        let references = mode == .none ? 0 : references
        // 1. One pass: as many branches as fit, but the images of a set stay together.
        let set = mode == .joint ? references + 1 : 1
        let most = max(Denoiser.maximumLatentPixels / max(latentPixels, 1), set)
        let images = min(most, max(3 * set, mode == .joint ? 0 : references))
        // 2. What the references left behind, where they pass alone.
        let bank =
            mode == .cached || mode == .matched ? references * latentPixels * perReferenceLatentPixel : 0
        let denoising = images * latentPixels * perLatentPixel + bank
        // 3. The walk has given its memory back when the picture is decoded.
        let tiling = VAETiling.chosen(.automatic, bytesPerPixel: perPixel, height: height, width: width)
        let pixels =
            tiling?.pixels(height: height, width: width, downscale: downscale) ?? width * height
        return Self.base + weights + max(denoising, pixels * perPixel)
    }
}

extension DiffusionModel {
    /// The model's own figures, computing in that precision.
    public func memory(precision: Precision) -> ModelMemory {
        func bytes(_ network: ModelNetwork) -> Int {
            switch (network, precision) {
            // The text encoder is float32 always, and the autoencoder where the processor has bytes and no bfloat16.
            case (.textEncoder, _), (_, .float32), (.autoencoder, .int8): 4
            case (_, .bfloat16): 2
            case (.unet, .int8): 1
            }
        }
        let weights = parameterCounts.reduce(0) { $0 + $1.value * bytes($1.key) }
        return ModelMemory(
            weights: weights + adaptedCount * 4, perPixel: vae.bytesPerPixel,
            perLatentPixel: unet.configuration.bytesPerLatentPixel,
            perReferenceLatentPixel: unet.configuration.bytesPerReferenceLatentPixel, downscale: vae.downscale
        )
    }
}

extension UNetConfiguration {
    /// What the way up will join stays for the whole pass; the widest block needs several tensors of its width
    /// besides, and eight of it between the layers of its feed-forward network.
    var bytesPerLatentPixel: Int {
        var kept = blockChannels[0]
        var widest = 0
        for (level, channels) in blockChannels.enumerated() {
            let isLast = level == blockChannels.count - 1
            kept += (layersPerBlock[level] * channels + (isLast ? 0 : channels / 4)) >> (2 * level)
            widest = max(widest, 20 * channels >> (2 * level))
        }
        return 4 * (kept + widest)
    }

    /// Keys and values of every self-attention layer.
    var bytesPerReferenceLatentPixel: Int {
        var width = 0
        for (level, channels) in blockChannels.enumerated() {
            let up = upBlocks[upBlocks.count - 1 - level] == .crossAttention ? layersPerBlock[level] + 1 : 0
            let down = downBlocks[level] == .crossAttention ? layersPerBlock[level] : 0
            width += ((up + down) * transformerDepth[level] * channels) >> (2 * level)
        }
        return 4 * 2 * width
    }
}
