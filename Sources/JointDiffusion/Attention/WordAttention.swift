import Tensors

/// Where the images of forward passes look at certain words of their captions: the cross-attention's weights, summed
/// over these words, averaged over heads, layers and passes.
///
/// Confined to one thread, like the model.
final class WordAttention {
    /// Of the latents, in pixels.
    let height, width: Int
    /// For every image of the passes, the tokens of its caption that are its words.
    let tokens: [[Int]]
    /// `[images][height * width]`, and how many layers were added.
    private var sums: [[Float]]
    private var count = 0

    init(height: Int, width: Int, tokens: [[Int]]) {
        (self.height, self.width, self.tokens) = (height, width, tokens)
        sums = Array(repeating: Array(repeating: 0, count: height * width), count: tokens.count)
    }

    /// Adds a layer. The weights are attention's answer where a value is 1 for the words and 0 for all else: so the
    /// backend's kernel gives them, and no pass is changed by being watched.
    /// - Parameter queries: `[images, h w, C]`, of a resolution that is the latents', halved any number of times.
    func observe(_ queries: Tensor, captions: [KeysValues], ofImage: [Int], heads: Int) {
        precondition(ofImage.count == tokens.count, "\(ofImage.count) images watched as \(tokens.count)")
        let (pixels, channels) = (queries.shape[1], queries.shape[2])
        guard let (h, w) = extents(pixels: pixels) else { return }
        let watched = zip(ofImage, tokens).map { caption, tokens in
            let keys = captions[caption].keys
            let values = Tensor(zeros: keys.shape, on: keys.backend)
            for token in tokens {
                for index in token * channels..<(token + 1) * channels { values.floats[index] = 1 }
            }
            return [KeysValues(keys: keys, values: values)]
        }
        let weights = queries.attention(over: watched, heads: heads).elements
        for image in tokens.indices {
            let map = (0..<pixels).map { pixel in
                let first = (image * pixels + pixel) * channels
                return (0..<heads).reduce(Float(0)) { $0 + weights[first + $1 * channels / heads] }
                    / Float(heads)
            }
            for y in 0..<height {
                for x in 0..<width {
                    sums[image][y * width + x] += Self.value(map, h, w, (y, height), (x, width))
                }
            }
        }
        count += 1
    }

    /// `[images][height * width]`, the mean over all that was added; zeros where nothing was.
    var maps: [[Float]] { sums.map { sum in sum.map { $0 / Float(max(1, count)) } } }

    /// Height and width of a level of the U-Net with that many pixels.
    private func extents(pixels: Int) -> (Int, Int)? {
        var (h, w) = (height, width)
        while h * w > pixels, h > 1 || w > 1 { (h, w) = ((h + 1) / 2, (w + 1) / 2) }
        return h * w == pixels ? (h, w) : nil
    }

    /// A map's value at a pixel of a finer one, between its neighbours.
    private static func value(
        _ map: [Float], _ h: Int, _ w: Int, _ row: (at: Int, of: Int), _ column: (at: Int, of: Int)
    ) -> Float {
        func place(_ place: (at: Int, of: Int), _ count: Int) -> (Int, Int, Float) {
            let exact = (Float(place.at) + 0.5) * Float(count) / Float(place.of) - 0.5
            let held = min(max(exact, 0), Float(count - 1))
            return (Int(held), min(Int(held) + 1, count - 1), held - held.rounded(.down))
        }
        let (top, bottom, down) = place(row, h)
        let (left, right, across) = place(column, w)
        let upper = map[top * w + left] * (1 - across) + map[top * w + right] * across
        let lower = map[bottom * w + left] * (1 - across) + map[bottom * w + right] * across
        return upper * (1 - down) + lower * down
    }
}
