import Images

/// An embedding without weights: which colours the subject has, and coarsely where.
///
/// Weak: it tells a red toy from a blue one, not two red cats. It serves where no network is at hand, and in tests.
public struct ColorLayoutEmbedding: ImageEmbedding {
    public let name = "colors-1"
    public let threshold = 0.7

    public init() {}

    /// Classes of lightness, and of each of the two other axes.
    private static let (lightClasses, colorClasses) = (5, 9)
    private static let grid = 3
    /// The layout's share of the similarity.
    private static let layoutShare: Float = 0.2

    public func embed(_ image: RGBImage, mask: [UInt8]?) throws -> [Float] {
        let small = WorkingImage(image)
        let weights = small.mask(mask, of: image)
        return Self.unit(
            Self.unit(histogram(small, weights).map { $0.squareRoot() }).map {
                $0 * (1 - Self.layoutShare).squareRoot()
            } + Self.unit(layout(small, weights)).map { $0 * Self.layoutShare.squareRoot() })
    }

    /// Each pixel counts for the eight classes round its colour.
    private func histogram(_ image: WorkingImage, _ weights: [Float]) -> [Float] {
        let (n, m) = (Self.lightClasses, Self.colorClasses)
        var counts = [Float](repeating: 0, count: n * m * m)
        for (lab, weight) in zip(image.lab, weights) where weight > 0 {
            let places = [
                Self.place(lab.x / 100, n), Self.place(lab.y / 180 + 0.5, m),
                Self.place(lab.z / 180 + 0.5, m),
            ]
            for corner in 0..<8 {
                let high = (0..<3).map { corner >> $0 & 1 }
                let index = (0..<3).map { places[$0].0 + high[$0] }
                let share = (0..<3).reduce(weight) {
                    $0 * (high[$1] == 1 ? places[$1].1 : 1 - places[$1].1)
                }
                counts[(index[0] * m + index[1]) * m + index[2]] += share
            }
        }
        return counts
    }

    /// The lower of two classes, and the higher one's share.
    private static func place(_ value: Float, _ classes: Int) -> (Int, Float) {
        let exact = min(max(value, 0), 1) * Float(classes - 1)
        let lower = min(Int(exact), classes - 2)
        return (lower, exact - Float(lower))
    }

    /// Mean colour in the squares of a grid over the subject's box, against its mean in all.
    private func layout(_ image: WorkingImage, _ weights: [Float]) -> [Float] {
        let inside = weights.indices.filter { weights[$0] > 0.5 }
        let all = inside.isEmpty ? Array(weights.indices) : inside
        let (xs, ys) = (all.map { $0 % image.width }, all.map { $0 / image.width })
        guard let left = xs.min(), let right = xs.max(), let top = ys.min(), let bottom = ys.max() else {
            return []
        }
        let grid = Self.grid
        var sums = [SIMD3<Float>](repeating: .zero, count: grid * grid)
        var counts = [Float](repeating: 0, count: grid * grid)
        var mean = SIMD3<Float>.zero
        for pixel in all {
            let column = (pixel % image.width - left) * grid / (right - left + 1)
            let row = (pixel / image.width - top) * grid / (bottom - top + 1)
            sums[row * grid + column] += image.lab[pixel]
            counts[row * grid + column] += 1
            mean += image.lab[pixel]
        }
        mean /= Float(all.count)
        return zip(sums, counts).flatMap { sum, count -> [Float] in
            let color = count > 0 ? sum / count - mean : .zero
            return [color.x, color.y, color.z]
        }
    }

    private static func unit(_ vector: [Float]) -> [Float] {
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm > 0 ? vector.map { $0 / norm } : vector
    }
}
