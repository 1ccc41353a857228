import Foundation

/// How much each pixel differs from what lies along the picture's edges, in its height: backgrounds reach the edges,
/// subjects seldom do.
enum Saliency {
    /// Colours of the edges that are compared with, and how many of the nearest count.
    private static let (samples, nearest) = (200, 10)
    /// How much a full difference in height is worth, in Lab.
    private static let heightWeight: Float = 30

    /// From 0 to 1.
    static func map(_ image: WorkingImage) -> Plane {
        let (w, h) = (image.width, image.height)
        let rim = max(1, min(w, h) / 16)
        let edge = (0..<w * h).filter { pixel in
            let (x, y) = (pixel % w, pixel / w)
            return y < rim || y >= h - rim || x < rim || x >= w - rim
        }
        let count = min(edge.count, samples)
        let chosen = (0..<count).map { edge[$0 * (edge.count - 1) / max(1, count - 1)] }
        let lightness = SIMD3<Float>(0.5, 1, 1)
        let colors = chosen.map { image.lab[$0] * lightness }
        let heights = chosen.map { Float($0 / w) / Float(h) }
        let kept = max(1, min(nearest, count))
        let differences = (0..<w * h).map { pixel in
            let (color, height) = (image.lab[pixel] * lightness, Float(pixel / w) / Float(h))
            var smallest = [Float](repeating: .infinity, count: kept)
            for index in 0..<count {
                let difference = color - colors[index]
                let distance =
                    (difference * difference).sum().squareRoot() + heightWeight * abs(height - heights[index])
                var place = kept - 1
                guard distance < smallest[place] else { continue }
                while place > 0, smallest[place - 1] > distance {
                    smallest[place] = smallest[place - 1]
                    place -= 1
                }
                smallest[place] = distance
            }
            return smallest.reduce(0, +) / Float(kept)
        }
        let high = max(differences.sorted()[differences.count * 98 / 100], .leastNormalMagnitude)
        let values = differences.enumerated().map { pixel, difference in
            let x = (Float(pixel % w) + 0.5) / Float(w) - 0.5
            let y = (Float(pixel / w) + 0.5) / Float(h) - 0.5
            // Subjects stand near the middle more often than not.
            return min(1, difference / high) * (0.3 + 0.7 * exp(-(x * x + y * y) / (2 * 0.28 * 0.28)))
        }
        return Plane(width: w, height: h, values: values).blurred(radius: 1).stretched
    }
}
