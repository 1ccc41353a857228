import Glibc
import Tensors

/// Every operation once more, in float64, straight from its definition, without a thought for speed.
enum PlainOperations {
    static func linear(_ x: PlainTensor, _ weight: PlainTensor, bias: PlainTensor?, residual: PlainTensor?)
        -> PlainTensor
    {
        let (columns, depth) = (weight.shape[0], weight.shape[1])
        var out = PlainTensor(zeros: x.shape.dropLast() + [columns])
        for row in 0..<x.values.count / depth {
            for column in 0..<columns {
                var sum = bias?.values[column] ?? 0
                for i in 0..<depth { sum += x.values[row * depth + i] * weight.values[column * depth + i] }
                out.values[row * columns + column] = sum + (residual?.values[row * columns + column] ?? 0)
            }
        }
        return out
    }

    static func convolution(
        _ x: PlainTensor, _ weight: PlainTensor, bias: PlainTensor?, geometry: ConvolutionGeometry,
        residual: PlainTensor?, activation: Activation?
    ) -> PlainTensor {
        let (images, height, width, channels) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        let (outChannels, kernel) = (weight.shape[0], geometry.kernel)
        let padding = geometry.paddingBefore + geometry.paddingAfter
        let outHeight = (height + padding - kernel) / geometry.stride + 1
        let outWidth = (width + padding - kernel) / geometry.stride + 1
        var out = PlainTensor(zeros: [images, outHeight, outWidth, outChannels])
        for image in 0..<images {
            for y in 0..<outHeight {
                for z in 0..<outWidth {
                    for o in 0..<outChannels {
                        var sum = bias?.values[o] ?? 0
                        for ky in 0..<kernel {
                            for kx in 0..<kernel {
                                let row = y * geometry.stride + ky - geometry.paddingBefore
                                let column = z * geometry.stride + kx - geometry.paddingBefore
                                guard row >= 0, row < height, column >= 0, column < width else { continue }
                                let from = ((image * height + row) * width + column) * channels
                                for c in 0..<channels {
                                    let w = ((o * channels + c) * kernel + ky) * kernel + kx
                                    sum += x.values[from + c] * weight.values[w]
                                }
                            }
                        }
                        let at = ((image * outHeight + y) * outWidth + z) * outChannels + o
                        out.values[at] = sum + (residual?.values[at] ?? 0)
                    }
                }
            }
        }
        return activation.map { activate(out, $0) } ?? out
    }

    static func groupNorm(
        _ x: PlainTensor, groups: Int, weight: PlainTensor, bias: PlainTensor, epsilon: Double,
        offset: PlainTensor?, activation: Activation?
    ) -> PlainTensor {
        let (images, channels) = (x.shape[0], x.last)
        let pixels = x.values.count / images / channels
        let size = channels / groups
        var out = x
        for image in 0..<images {
            for group in 0..<groups {
                var indices: [(at: Int, channel: Int)] = []
                for pixel in 0..<pixels {
                    for c in group * size..<(group + 1) * size {
                        let at = (image * pixels + pixel) * channels + c
                        indices.append((at, c))
                        out.values[at] += offset?.values[image * channels + c] ?? 0
                    }
                }
                let mean = indices.reduce(0) { $0 + out.values[$1.at] } / Double(indices.count)
                let variance =
                    indices.reduce(0) { $0 + (out.values[$1.at] - mean) * (out.values[$1.at] - mean) }
                    / Double(indices.count)
                for (at, c) in indices {
                    out.values[at] =
                        (out.values[at] - mean) / (variance + epsilon).squareRoot() * weight.values[c]
                        + bias.values[c]
                }
            }
        }
        return activation.map { activate(out, $0) } ?? out
    }

    static func layerNorm(_ x: PlainTensor, weight: PlainTensor, bias: PlainTensor, epsilon: Double)
        -> PlainTensor
    {
        let rows = x.values.count / x.last
        let asImages = x.reshaped([rows, 1, x.last])
        return groupNorm(
            asImages, groups: 1, weight: weight, bias: bias, epsilon: epsilon, offset: nil, activation: nil
        ).reshaped(x.shape)
    }

    /// `queries [N, T, C]`; image `i` attends to the tokens of `keysValues[i]`, pairs `[tokens, C]`.
    static func attention(
        _ queries: PlainTensor, keysValues: [[(keys: PlainTensor, values: PlainTensor)]], heads: Int,
        isCausal: Bool
    ) -> PlainTensor {
        let (images, tokens, channels) = (queries.shape[0], queries.shape[1], queries.shape[2])
        let depth = channels / heads
        var out = PlainTensor(zeros: queries.shape)
        for image in 0..<images {
            let keys = keysValues[image].flatMap(\.keys.values)
            let values = keysValues[image].flatMap(\.values.values)
            for token in 0..<tokens {
                let seen = isCausal ? token + 1 : keys.count / channels
                for head in 0..<heads {
                    let q = (image * tokens + token) * channels + head * depth
                    var scores = (0..<seen).map { key in
                        (0..<depth).reduce(0.0) {
                            $0 + queries.values[q + $1] * keys[key * channels + head * depth + $1]
                        } / Double(depth).squareRoot()
                    }
                    let top = scores.max() ?? 0
                    scores = scores.map { exp($0 - top) }
                    let total = scores.reduce(0, +)
                    for key in 0..<seen {
                        for i in 0..<depth {
                            out.values[q + i] +=
                                scores[key] / total * values[key * channels + head * depth + i]
                        }
                    }
                }
            }
        }
        return out
    }

    static func activate(_ x: PlainTensor, _ activation: Activation) -> PlainTensor {
        x.map { activate($0, activation) }
    }

    static func activate(_ x: Double, _ activation: Activation) -> Double {
        switch activation {
        case .relu: max(x, 0)
        case .silu: x / (1 + exp(-x))
        case .gelu: x * erfc(-x / 2.0.squareRoot()) / 2
        case .quickGELU: x / (1 + exp(-1.702 * x))
        case .tanh: tanh(x)
        }
    }

    static func geglu(_ x: PlainTensor) -> PlainTensor {
        let width = x.last / 2
        var out = PlainTensor(zeros: x.shape.dropLast() + [width])
        for row in 0..<x.values.count / x.last {
            for i in 0..<width {
                let gate = activate(x.values[row * x.last + width + i], .gelu)
                out.values[row * width + i] = x.values[row * x.last + i] * gate
            }
        }
        return out
    }

    static func linearCombination(_ terms: [(Double, PlainTensor)]) -> PlainTensor {
        var out = PlainTensor(zeros: terms[0].1.shape)
        for (coefficient, term) in terms {
            for (index, value) in term.values.enumerated() { out.values[index] += coefficient * value }
        }
        return out
    }

    static func upsampledNearest2x(_ x: PlainTensor) -> PlainTensor {
        let (n, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
        var out = PlainTensor(zeros: [n, 2 * h, 2 * w, c])
        for index in out.values.indices {
            let (channel, column) = (index % c, index / c % (2 * w))
            let (row, image) = (index / c / (2 * w) % (2 * h), index / c / (2 * w) / (2 * h))
            out.values[index] = x.values[((image * h + row / 2) * w + column / 2) * c + channel]
        }
        return out
    }

    static func concatenateChannels(_ a: PlainTensor, _ b: PlainTensor) -> PlainTensor {
        var values: [Double] = []
        for row in 0..<a.values.count / a.last {
            values += a.values[row * a.last..<(row + 1) * a.last]
            values += b.values[row * b.last..<(row + 1) * b.last]
        }
        return PlainTensor(a.shape.dropLast() + [a.last + b.last], values)
    }

    /// `[N, R, C]` -> `[N, C, R]`
    static func transposed(_ x: PlainTensor) -> PlainTensor {
        let (n, r, c) = (x.shape[0], x.shape[1], x.shape[2])
        var out = PlainTensor(zeros: [n, c, r])
        for image in 0..<n {
            for row in 0..<r {
                for column in 0..<c {
                    out.values[(image * c + column) * r + row] = x.values[(image * r + row) * c + column]
                }
            }
        }
        return out
    }
}
