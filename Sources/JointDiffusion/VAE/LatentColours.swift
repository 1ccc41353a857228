import Tensors

/// The colours of latents, at a thousandth of what decoding them costs.
///
/// A latent's colour is nearly a linear function of its channels. Which one depends on the autoencoder, so it is fitted
/// once: patches of random latents are decoded, and the function that gives their mean colours is solved for.
struct LatentColours {
    /// Weights of the channels and an offset, for red, green and blue.
    private typealias Projection = [[Double]]

    private let projection: Projection

    /// Takes as long as decoding a small picture.
    init(of vae: any LatentDecoder, on backend: any Backend) {
        projection = Self.fit(vae, on: backend)
    }

    /// The colours, about -1...1, of latents `[1, h, w, c]`: `[h, w, 3]`, one pixel a latent.
    func callAsFunction(_ latents: Tensor) -> [Double] {
        let channels = latents.shape[3]
        var colours: [Double] = []
        colours.reserveCapacity(3 * latents.shape[1] * latents.shape[2])
        for pixel in 0..<latents.shape[1] * latents.shape[2] {
            for weights in projection {
                var value = weights[channels]
                for channel in 0..<channels {
                    value += weights[channel] * Double(latents.floats[pixel * channels + channel])
                }
                colours.append(value)
            }
        }
        return colours
    }

    /// Latents per side of a patch; its rim takes colour from its neighbours.
    private static let patch = 4

    /// Least squares over patches of one latent each.
    private static func fit(_ vae: any LatentDecoder, on backend: any Backend) -> Projection {
        let channels = vae.latentChannels
        let perSide = Int((4 * Double(channels + 1)).squareRoot().rounded(.up))
        let values = Tensor(normal: [perSide * perSide, channels], seed: 20_240_607, on: backend)
        let side = perSide * patch
        let latents = Tensor(uninitialized: [1, side, side, channels], on: backend)
        for row in 0..<side {
            for column in 0..<side {
                let from = (row / patch * perSide + column / patch) * channels
                for channel in 0..<channels {
                    latents.floats[(row * side + column) * channels + channel] = values.floats[from + channel]
                }
            }
        }
        let pixels = vae.decode(latents)
        // Normal equations; a trace of ridge keeps channels that say nothing at zero.
        let unknowns = channels + 1
        var moments = [[Double]](
            repeating: [Double](repeating: 0, count: unknowns + 3), count: unknowns)
        for index in moments.indices { moments[index][index] = 1e-3 }
        for block in 0..<perSide * perSide {
            let inputs =
                (0..<channels).map { Double(values.floats[block * channels + $0]) } + [1]
            let colour = meanColour(
                pixels, row: block / perSide, column: block % perSide, size: patch * vae.downscale)
            for i in 0..<unknowns {
                for j in 0..<unknowns { moments[i][j] += inputs[i] * inputs[j] }
                for c in 0..<3 { moments[i][unknowns + c] += inputs[i] * colour[c] }
            }
        }
        return solved(moments, unknowns: unknowns)
    }

    /// Over the middle half of a patch of `[1, H, W, 3]`.
    private static func meanColour(_ pixels: Tensor, row: Int, column: Int, size: Int) -> [Double] {
        var sums = [0.0, 0.0, 0.0]
        let inner = size / 4..<size - size / 4
        for y in inner {
            for x in inner {
                let pixel = ((row * size + y) * pixels.shape[2] + column * size + x) * 3
                for c in 0..<3 { sums[c] += min(max(Double(pixels.floats[pixel + c]), -1), 1) }
            }
        }
        return sums.map { $0 / Double(inner.count * inner.count) }
    }

    /// Gauss-Jordan elimination of a symmetric positive system with three right sides.
    private static func solved(_ system: [[Double]], unknowns: Int) -> Projection {
        var rows = system
        for column in 0..<unknowns {
            for other in 0..<unknowns where other != column {
                let factor = rows[other][column] / rows[column][column]
                for k in column..<unknowns + 3 { rows[other][k] -= factor * rows[column][k] }
            }
        }
        return (0..<3).map { c in (0..<unknowns).map { rows[$0][unknowns + c] / rows[$0][$0] } }
    }
}
