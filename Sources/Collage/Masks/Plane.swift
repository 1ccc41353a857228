import Foundation

/// A number for every pixel.
struct Plane: Equatable {
    let width, height: Int
    /// Row after row.
    var values: [Float]

    /// From 0 to 1; zeros where all are the same.
    var stretched: Plane {
        guard let low = values.min(), let high = values.max(), high > low else {
            return Plane(width: width, height: height, values: values.map { _ in 0 })
        }
        return Plane(width: width, height: height, values: values.map { ($0 - low) / (high - low) })
    }

    /// Means of the squares of `2 radius + 1` pixels; beyond the edge lies the edge.
    func blurred(radius: Int) -> Plane {
        func pass(_ values: [Float], _ count: Int, _ lines: Int, _ step: Int, _ jump: Int) -> [Float] {
            var result = values
            for line in 0..<lines {
                for at in 0..<count {
                    let sum = (at - radius...at + radius).reduce(Float(0)) {
                        $0 + values[line * jump + min(max($1, 0), count - 1) * step]
                    }
                    result[line * jump + at * step] = sum / Float(2 * radius + 1)
                }
            }
            return result
        }
        let across = pass(values, width, height, 1, width)
        return Plane(width: width, height: height, values: pass(across, height, width, width, 1))
    }

    /// At another size: means of what a pixel covers when shrinking, between neighbours when growing.
    func resized(width newWidth: Int, height newHeight: Int) -> Plane {
        if newWidth == width, newHeight == height { return self }
        let (columns, rows) = (Self.taps(width, newWidth), Self.taps(height, newHeight))
        var result = [Float](repeating: 0, count: newWidth * newHeight)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                result[y * newWidth + x] = rows[y].reduce(Float(0)) { sum, row in
                    columns[x].reduce(sum) { $0 + row.1 * $1.1 * values[row.0 * width + $1.0] }
                }
            }
        }
        return Plane(width: newWidth, height: newHeight, values: result)
    }

    /// For each target the sources and their shares: a triangle as wide as the coarser of the two.
    private static func taps(_ count: Int, _ newCount: Int) -> [[(Int, Float)]] {
        let scale = Float(count) / Float(newCount)
        let reach = max(1, scale)
        return (0..<newCount).map { target in
            let centre = (Float(target) + 0.5) * scale - 0.5
            let range = Int((centre - reach).rounded(.down))...Int((centre + reach).rounded(.up))
            let shares = range.map {
                (min(max($0, 0), count - 1), max(0, 1 - abs(Float($0) - centre) / reach))
            }
            let sum = shares.reduce(0) { $0 + $1.1 }
            return shares.filter { $0.1 > 0 }.map { ($0.0, $0.1 / sum) }
        }
    }

    /// The threshold that parts the values best in two classes (Otsu).
    var otsuThreshold: Float {
        let bins = 64
        var counts = [Double](repeating: 0, count: bins)
        for value in values { counts[min(max(Int(value * Float(bins)), 0), bins - 1)] += 1 }
        let total = Double(values.count)
        let mean = counts.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element } / total
        var (weight, moment, best, threshold) = (0.0, 0.0, 0.0, 0)
        for bin in 0..<bins - 1 {
            weight += counts[bin] / total
            moment += Double(bin) * counts[bin] / total
            guard weight > 0, weight < 1 else { continue }
            let between = pow(mean * weight - moment, 2) / (weight * (1 - weight))
            if between > best { (best, threshold) = (between, bin + 1) }
        }
        return Float(threshold) / Float(bins)
    }
}
