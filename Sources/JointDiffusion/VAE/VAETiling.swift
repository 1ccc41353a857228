import Tensors

/// Large pictures through the VAE in squares that overlap, so that memory follows the squares and not the picture.
///
/// Where squares overlap, one fades into the next. Norms and attention of an `AutoencoderKL` then see a square instead
/// of the picture, so that the result is near to that of the whole and not the same.
public struct VAETiling: Sendable, Equatable {
    /// How a picture is cut.
    public enum Choice: Sendable, Equatable {
        /// Whole, unless that takes more than `VAETiling.largestWhole`.
        case automatic
        case whole
        case squares(VAETiling)
    }

    /// Side of a square, in latents.
    public var side: Int
    /// Latents by which neighbours overlap.
    public var overlap: Int

    /// Bytes that a picture may take to be left whole: one of 832x832 with Stable Diffusion's VAE.
    public static let largestWhole = 4 << 30

    public init(side: Int = 64, overlap: Int = 16) {
        precondition(overlap >= 0 && side > overlap, "squares of \(side) cannot overlap by \(overlap)")
        self.side = side
        self.overlap = overlap
    }

    /// The squares for a picture; nil: it stays whole. Follows from the VAE and the size alone, so that a picture comes out the
    /// same wherever it is made.
    /// - Parameters:
    ///   - largest: bytes that may be taken to leave it whole.
    ///   - bytesPerPixel: that the VAE takes.
    ///   - height, width: in pixels.
    static func chosen(
        _ choice: Choice, largest: Int = largestWhole, bytesPerPixel: Int, height: Int, width: Int
    ) -> VAETiling? {
        switch choice {
        case .whole: nil
        case .squares(let tiling): tiling
        case .automatic: height * width * bytesPerPixel > largest ? VAETiling() : nil
        }
    }

    /// Pixels of a picture that are in the VAE at the same time.
    func pixels(height: Int, width: Int, downscale: Int) -> Int {
        min(height, side * downscale) * min(width, side * downscale)
    }

    /// Where squares begin along an extent, each of `min(side, extent)`, the last one ending with it.
    func starts(_ extent: Int) -> [Int] {
        guard extent > side else { return [0] }
        let step = side - overlap
        let count = (extent - overlap + step - 1) / step
        return (0..<count).map { min($0 * step, extent - side) }
    }

    /// Scaled latents `[1, h, w, c]` -> pixels `[1, H, W, 3]`, about -1...1.
    /// - Parameter trim: called after each square, to give memory back.
    func decode(_ latents: Tensor, by vae: any LatentDecoder, trim: () -> Void = {}) -> Tensor {
        joined(height: latents.shape[1], width: latents.shape[2], scale: vae.downscale, channels: 3, trim) {
            vae.decode(Self.part(latents, $0, $1, $2, $3))
        }
    }

    /// Pixels `[1, H, W, 3]` in -1...1 -> scaled latents `[1, h, w, c]`.
    /// - Parameter trim: called after each square, to give memory back.
    func encode(_ pixels: Tensor, by vae: any ImageAutoencoder, trim: () -> Void = {}) -> Tensor {
        let factor = vae.downscale
        return joined(
            height: pixels.shape[1] / factor, width: pixels.shape[2] / factor, scale: 1,
            channels: vae.latentChannels, trim
        ) {
            vae.encode(Self.part(pixels, $0 * factor, $1 * factor, $2 * factor, $3 * factor))
        }
    }

    /// The squares of an image of so many latents, one fading into the next.
    /// - Parameters:
    ///   - scale: extents of what is made, for each latent.
    ///   - make: what becomes of the square that begins at row and column and has a height and a width, all in latents.
    private func joined(
        height: Int, width: Int, scale: Int, channels: Int, _ trim: () -> Void,
        make: (Int, Int, Int, Int) -> Tensor
    ) -> Tensor {
        let (rows, columns) = (starts(height), starts(width))
        guard rows.count * columns.count > 1 else { return make(0, 0, height, width) }
        let down = Self.weights(rows, side: min(side, height), extent: height, scale)
        let across = Self.weights(columns, side: min(side, width), extent: width, scale)
        var whole: Tensor?
        for (i, top) in rows.enumerated() {
            for (j, left) in columns.enumerated() {
                let square = make(top, left, down[i].count / scale, across[j].count / scale)
                let target =
                    whole ?? Tensor(zeros: [1, height * scale, width * scale, channels], on: square.backend)
                whole = target
                let (tall, wide) = (square.shape[1], square.shape[2])
                for y in 0..<tall {
                    for x in 0..<wide {
                        let weight = down[i][y] * across[j][x]
                        let to = ((top * scale + y) * width * scale + left * scale + x) * channels
                        let from = (y * wide + x) * channels
                        for channel in 0..<channels {
                            target.floats[to + channel] += weight * square.floats[from + channel]
                        }
                    }
                }
                trim()
            }
        }
        return whole ?? make(0, 0, height, width)
    }

    /// For each square along an extent, how much each of its pixels counts; together they count 1 everywhere.
    private static func weights(_ starts: [Int], side: Int, extent: Int, _ factor: Int) -> [[Float]] {
        let pixels = side * factor
        var sums = [Float](repeating: 0, count: extent * factor)
        var all: [[Float]] = []
        for (index, start) in starts.enumerated() {
            // Up over the overlap with the square before, down over that with the one behind.
            let before = index > 0 ? (starts[index - 1] + side - start) * factor : 0
            let behind = index < starts.count - 1 ? (start + side - starts[index + 1]) * factor : 0
            let weights = (0..<pixels).map { pixel -> Float in
                let up = before > 0 ? min(1, (Float(pixel) + 0.5) / Float(before)) : 1
                let down = behind > 0 ? min(1, (Float(pixels - pixel) - 0.5) / Float(behind)) : 1
                return min(up, down)
            }
            for (pixel, weight) in weights.enumerated() { sums[start * factor + pixel] += weight }
            all.append(weights)
        }
        return zip(starts, all).map { start, weights in
            weights.enumerated().map { $1 / sums[start * factor + $0] }
        }
    }

    /// `[1, height, width, c]` of `[1, h, w, c]`.
    private static func part(_ x: Tensor, _ top: Int, _ left: Int, _ height: Int, _ width: Int) -> Tensor {
        guard (height, width) != (x.shape[1], x.shape[2]) else { return x }
        let channels = x.shape[3]
        let result = Tensor(uninitialized: [1, height, width, channels], on: x.backend)
        let count = width * channels
        for row in 0..<height {
            let from = ((top + row) * x.shape[2] + left) * channels
            for index in 0..<count { result.floats[row * count + index] = x.floats[from + index] }
        }
        return result
    }
}
