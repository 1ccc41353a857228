import Tensors

/// A picture that a generation starts from, instead of from noise alone; or one of which a part is made anew.
public struct PictureStart {
    /// The part that is to be made.
    public struct Area {
        /// `[1, h, w, 1]`: 1 where the picture is to be made, 0 where it is known.
        public let mask: Tensor
        /// Clean scaled latent of the picture with grey in the part, `[1, h, w, c]`: what inpainting checkpoints take.
        public let known: Tensor

        /// `x [N, h, w, c]` in the part, `other [N, h, w, c]` elsewhere.
        func blended(_ x: Tensor, _ other: Tensor) -> Tensor {
            let result = Tensor(uninitialized: x.shape, on: x.backend)
            let (pixels, channels) = (mask.count, x.shape[3])
            for row in 0..<x.shape[0] {
                for pixel in 0..<pixels {
                    let weight = mask.floats[pixel]
                    for index in (row * pixels + pixel) * channels..<(row * pixels + pixel + 1) * channels {
                        result.floats[index] = weight * x.floats[index] + (1 - weight) * other.floats[index]
                    }
                }
            }
            return result
        }
    }

    /// Clean scaled latent `[1, h, w, c]`.
    public let latent: Tensor
    /// Nil: all of the picture is made anew.
    public let area: Area?

    public init(latent: Tensor, area: Area? = nil) {
        self.latent = latent
        self.area = area
    }

    /// How much of the walk is done where nobody says it: what is to be made in a mask owes nothing to what was there.
    public static func strength(_ given: Double?, hasMask: Bool) -> Double { given ?? (hasMask ? 1 : 0.75) }

    /// The first of `count` steps that is done: a part of the walk's end that is as long as `strength` says, and not
    /// less than one step.
    public static func firstStep(of count: Int, strength: Double) -> Int {
        count - min(max(Int(Double(count) * strength), 1), count)
    }
}

extension Pipeline {
    /// A start from a picture of the request's size.
    ///
    /// - Parameters:
    ///   - pixels: RGB bytes `[height, width, 3]`.
    ///   - mask: a byte for each pixel, from 128 on where the picture is to be made; nil: everywhere.
    public func start(pixels: [UInt8], mask: [UInt8]? = nil, width: Int, height: Int) -> PictureStart {
        let latent = encode(pixels: pixels, width: width, height: height)
        guard let mask else { return PictureStart(latent: latent) }
        precondition(mask.count == width * height, "\(mask.count) bytes for a mask of \(width)x\(height)")
        // 1. The picture with grey where it is to be made.
        var values = pixels.map { Float($0) / 127.5 - 1 }
        for (pixel, byte) in mask.enumerated() where byte >= 128 {
            for channel in 0..<3 { values[3 * pixel + channel] = 0 }
        }
        let backend = model.backend
        let known = encode(values, width: width, height: height)
        // 2. The mask, a latent being what the first of its pixels is.
        let factor = model.vae.downscale
        let (h, w) = (height / factor, width / factor)
        let bits = (0..<h * w).map { mask[$0 / w * factor * width + $0 % w * factor] >= 128 ? Float(1) : 0 }
        return PictureStart(
            latent: latent,
            area: PictureStart.Area(mask: Tensor(bits, shape: [1, h, w, 1], on: backend), known: known))
    }
}
