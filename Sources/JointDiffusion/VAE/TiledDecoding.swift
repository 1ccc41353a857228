import Tensors

/// Decoding of large pictures in squares that overlap, so that memory follows the squares and not the picture.
///
/// Where squares overlap, one fades into the next. Norms and attention of an `AutoencoderKL` then see a square instead
/// of the picture, so that the result is near to that of the whole and not the same.
public struct TiledDecoding: Sendable, Equatable {
    /// Side of a square, in latents.
    public var side: Int
    /// Latents by which neighbours overlap.
    public var overlap: Int

    public init(side: Int = 64, overlap: Int = 16) {
        precondition(overlap >= 0 && side > overlap, "squares of \(side) cannot overlap by \(overlap)")
        self.side = side
        self.overlap = overlap
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
    func decode(_ latents: Tensor, by vae: any ImageAutoencoder, trim: () -> Void = {}) -> Tensor {
        let (rows, columns) = (starts(latents.shape[1]), starts(latents.shape[2]))
        guard rows.count * columns.count > 1 else { return vae.decode(latents) }
        let factor = vae.downscale
        let (height, width) = (latents.shape[1] * factor, latents.shape[2] * factor)
        let down = Self.weights(rows, side: min(side, latents.shape[1]), extent: latents.shape[1], factor)
        let across = Self.weights(
            columns, side: min(side, latents.shape[2]), extent: latents.shape[2], factor)
        let picture = Tensor(zeros: [1, height, width, 3], on: latents.backend)
        for (i, top) in rows.enumerated() {
            for (j, left) in columns.enumerated() {
                let square = vae.decode(
                    Self.part(latents, top, left, down[i].count / factor, across[j].count / factor))
                let (tall, wide) = (square.shape[1], square.shape[2])
                for y in 0..<tall {
                    for x in 0..<wide {
                        let weight = down[i][y] * across[j][x]
                        let target = ((top * factor + y) * width + left * factor + x) * 3
                        for channel in 0..<3 {
                            picture.floats[target + channel] +=
                                weight * square.floats[(y * wide + x) * 3 + channel]
                        }
                    }
                }
                trim()
            }
        }
        return picture
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
