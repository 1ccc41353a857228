import Images

/// Whether a picture is one of the references over again, at most shifted a little, scaled a little, blurred or noisy.
///
/// Fine structure is compared, not light and colour: what is left of each channel when the mean of its surroundings is
/// taken away. The score is the best correlation of it over small shifts and scales. Another picture of the same toy in
/// another place has another background and another view, and does not come near.
struct CopyDetector: Sendable {
    /// A picture is a copy from this correlation on: other pictures of the same toy reach 0.62, references that are moved,
    /// scaled and noisy 0.72 to 0.99 (100 of each).
    static let threshold: Float = 0.67
    private static let side = 32
    private static let reach = 3
    private static let scales: [Float] = [0.86, 0.93, 1, 1.075, 1.16]
    /// Half the side of the surroundings, in pixels of the small picture.
    private static let surroundings = 4

    /// For every reference, its fine structure at every scale.
    private let structures: [[[Float]]]

    init(references: [JudgePixels]) {
        structures = references.map { reference in
            Self.scales.map { scale in
                let extent = Float(reference.side) * scale
                let begin = (Float(reference.side) - extent) / 2
                return Self.structure(
                    reference.window(left: begin, top: begin, extent: extent, side: reference.side))
            }
        }
    }

    func isCopy(_ picture: JudgePixels) -> Bool { score(picture) >= Self.threshold }

    /// The best correlation with any reference, -1 to 1; -1 without references.
    func score(_ picture: JudgePixels) -> Float {
        let own = Self.structure(picture)
        var best: Float = -1
        for structure in structures.joined() {
            for dy in -Self.reach...Self.reach {
                for dx in -Self.reach...Self.reach {
                    best = max(best, Self.correlation(own, structure, dx: dx, dy: dy))
                }
            }
        }
        return best
    }

    /// `[side, side, 3]`, with the mean of each pixel's surroundings taken away.
    private static func structure(_ picture: JudgePixels) -> [Float] {
        let values = picture.averaged(to: side).values
        // Sums over rectangles from the corner, channels apart.
        let stride = side + 1
        var sums = [Float](repeating: 0, count: stride * stride * 3)
        for y in 0..<side {
            for x in 0..<side {
                for c in 0..<3 {
                    sums[((y + 1) * stride + x + 1) * 3 + c] =
                        values[(y * side + x) * 3 + c] + sums[(y * stride + x + 1) * 3 + c]
                        + sums[((y + 1) * stride + x) * 3 + c] - sums[(y * stride + x) * 3 + c]
                }
            }
        }
        var out = values
        for y in 0..<side {
            let (top, bottom) = (max(0, y - surroundings), min(side, y + surroundings + 1))
            for x in 0..<side {
                let (left, right) = (max(0, x - surroundings), min(side, x + surroundings + 1))
                let area = Float((bottom - top) * (right - left))
                for c in 0..<3 {
                    let sum =
                        sums[(bottom * stride + right) * 3 + c] - sums[(top * stride + right) * 3 + c]
                        - sums[(bottom * stride + left) * 3 + c] + sums[(top * stride + left) * 3 + c]
                    out[(y * side + x) * 3 + c] -= sum / area
                }
            }
        }
        return out
    }

    /// Of `a` with `b` moved by (`dx`, `dy`), where both are.
    private static func correlation(_ a: [Float], _ b: [Float], dx: Int, dy: Int) -> Float {
        var (both, first, second): (Float, Float, Float) = (0, 0, 0)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                for y in max(0, dy)..<min(side, side + dy) {
                    let (from, moved) = (y * side * 3, ((y - dy) * side - dx) * 3)
                    for index in 3 * max(0, dx)..<3 * min(side, side + dx) {
                        let (p, q) = (a[from + index], b[moved + index])
                        both += p * q
                        first += p * p
                        second += q * q
                    }
                }
            }
        }
        let norm = (first * second).squareRoot()
        return norm > 1e-6 ? both / norm : 0
    }
}
