import Tensors

/// How much memory pictures take with a model, so that none is begun that would be killed for it.
///
/// An estimate from the model's shapes, held against what a checkpoint of Stable Diffusion 1.5's size takes.
public struct ModelMemory: Codable, Sendable, Equatable {
    /// The weights of each network, but for those that LoRA files changed.
    public var textEncoder: NetworkMemory
    public var autoencoder: NetworkMemory
    public var unet: NetworkMemory
    /// Whether the weights of a network stay in memory while another computes; those that are packed on the disk do not.
    public var holdsAllNetworks: Bool
    /// Bytes of weights that are nowhere but in memory, since LoRA files changed them: as they are, and packed.
    public var adapted: Int
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
        let decoding = pixels * perPixel
        // 4. The weights.
        let (text, vae, unet) = (
            textEncoder.needed(width: width, height: height, images: 1),
            autoencoder.needed(width: width, height: height, images: 1),
            unet.needed(width: width, height: height, images: set)
        )
        let largest =
            holdsAllNetworks
            ? text + vae + unet + max(decoding, denoising) : max(text, vae + decoding, unet + denoising)
        return Self.base + adapted + largest
    }
}

/// The weights of a network, in the form that is computed with.
public struct NetworkMemory: Codable, Sendable, Equatable {
    /// Bytes of all of them.
    public var weights: Int
    /// Those of 3x3 convolutions that may take Winograd's form, by the size of the images that they run over.
    public var filters: [Filters]

    /// 3x3 convolutions over images of one size.
    public struct Filters: Codable, Sendable, Equatable {
        /// The picture's pixels for one of the image's, in each direction.
        public var downscale: Int
        /// How many numbers their weights are.
        public var count: Int
        /// Bytes of a number, computed with directly and in Winograd's form.
        public var bytes: Int
        public var bytesInTiles: Int
        /// The side of the smallest tiles that are taken.
        public var smallestTile: Int

        public init(downscale: Int, count: Int, bytes: Int, bytesInTiles: Int, smallestTile: Int) {
            self.downscale = downscale
            self.count = count
            self.bytes = bytes
            self.bytesInTiles = bytesInTiles
            self.smallestTile = smallestTile
        }
    }

    public init(weights: Int, filters: [Filters]) {
        self.weights = weights
        self.filters = filters
    }

    /// All weights, with those of filters as the picture's size and the number of images in a pass make them.
    func needed(width: Int, height: Int, images: Int) -> Int {
        filters.reduce(weights) {
            let pixels = (width / $1.downscale) * (height / $1.downscale)
            guard let side = Winograd.tile(pixels: pixels, images: images), side >= $1.smallestTile else {
                return $0
            }
            let points = (side + 2) * (side + 2)
            return $0 + $1.count / 9 * (points * $1.bytesInTiles - 9 * $1.bytes)
        }
    }
}

extension DiffusionModel {
    /// The model's own figures, computing in that precision.
    /// - Parameter packsOnDisk: whether packed weights are kept there; by default as the backend does.
    public func memory(precision: Precision, packsOnDisk: Bool? = nil) -> ModelMemory {
        let cpu = backend as? CPUBackend
        var configuration = cpu?.configuration ?? CPUConfiguration()
        configuration.precision = precision
        var adapted = 0
        func memory(_ network: ModelNetwork) -> NetworkMemory {
            let (bears, filters, scale): (Precision, [Int: Int], Int) =
                switch network {
                case .textEncoder: (.float32, [:], 1)
                case .autoencoder: (.bfloat16, (vae as? AutoencoderKL)?.filterCounts ?? [:], 1)
                case .unet: (.int8, unet.filterCounts, vae.downscale)
                }
            let bytes =
                switch configuration.precision(bearing: bears) {
                case .float32: 4
                case .bfloat16: 2
                case .int8: 1
                }
            let copies = adaptedCounts[network] ?? 0
            adapted += copies * (4 + bytes)
            let weights = ((parameterCounts[network] ?? 0) - copies) * bytes
            guard let bytesInTiles = configuration.bytesInTiles(bearing: bears, side: 4) else {
                return NetworkMemory(weights: weights, filters: [])
            }
            let smallest = configuration.bytesInTiles(bearing: bears, side: 2) == nil ? 4 : 2
            return NetworkMemory(
                weights: weights,
                filters: filters.sorted { $0.key < $1.key }.map {
                    NetworkMemory.Filters(
                        downscale: scale << $0.key, count: $0.value, bytes: bytes,
                        bytesInTiles: bytesInTiles, smallestTile: smallest)
                })
        }
        let networks = [.textEncoder, .autoencoder, .unet].map(memory)
        // In the largest of their forms.
        let packed = networks.reduce(0) {
            $0 + $1.needed(width: width, height: height, images: Winograd.mostImages)
        }
        return ModelMemory(
            textEncoder: networks[0], autoencoder: networks[1], unet: networks[2],
            holdsAllNetworks: !(packsOnDisk ?? cpu?.keepsOnDisk(packed) ?? false),
            adapted: adapted, perPixel: vae.bytesPerPixel,
            perLatentPixel: unet.configuration.bytesPerLatentPixel,
            perReferenceLatentPixel: unet.configuration.bytesPerReferenceLatentPixel
                / (configuration.keepsHalf ? 2 : 1), downscale: vae.downscale
        )
    }
}

// Numbers in the weights of 3x3 convolutions with stride 1, by how often the image was halved.

extension UNet {
    var filterCounts: [Int: Int] {
        let last = downBlocks.count - 1
        var counts: [Int: Int] = [
            last: (middleBlock?.first.filterCount ?? 0) + (middleBlock?.second?.filterCount ?? 0)
        ]
        for (level, block) in downBlocks.enumerated() {
            counts[level, default: 0] += block.layers.reduce(0) { $0 + $1.resnet.filterCount }
        }
        for (index, block) in upBlocks.enumerated() {
            counts[last - index, default: 0] += block.layers.reduce(0) { $0 + $1.resnet.filterCount }
            if let upsampler = block.upsampler {
                counts[last - index - 1, default: 0] += upsampler.weight.shape.count
            }
        }
        return counts
    }
}

extension AutoencoderKL {
    var filterCounts: [Int: Int] {
        let last = encoder.levels.count - 1
        var counts = [
            last: [encoder.middle, decoder.middle].reduce(0) {
                $0 + $1.first.filterCount + $1.second.filterCount
            }
        ]
        for (level, block) in encoder.levels.enumerated() {
            counts[level, default: 0] += block.resnets.reduce(0) { $0 + $1.filterCount }
        }
        for (index, block) in decoder.levels.enumerated() {
            counts[last - index, default: 0] += block.resnets.reduce(0) { $0 + $1.filterCount }
            if let upsampler = block.upsampler {
                counts[last - index - 1, default: 0] += upsampler.weight.shape.count
            }
        }
        return counts
    }
}

extension ResidualBlock {
    fileprivate var filterCount: Int { conv1.weight.shape.count + conv2.weight.shape.count }
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
