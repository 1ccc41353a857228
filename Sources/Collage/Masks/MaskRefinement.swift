import Foundation

/// From a map of where a subject roughly is to its outline: the colours of what is in and of what is out, taken in turns
/// with what they say of each pixel.
enum MaskRefinement {
    private static let (lightClasses, colorClasses, rounds) = (8, 12, 4)

    /// - Parameters:
    ///   - map: from 0 to 1, of the image's size.
    ///   - threshold: the map's value at the outline.
    /// - Returns: 1 within, 0 without; one piece without holes.
    static func refined(_ map: Plane, threshold: Float, image: WorkingImage) -> [Float] {
        let codes = image.lab.map(Self.code)
        let prior = map.values.map { min(max(sigmoid(8 * ($0 - threshold)), 0.05), 0.95) }
        var belief = Plane(width: map.width, height: map.height, values: prior)
        for _ in 0..<rounds {
            let classes = lightClasses * colorClasses * colorClasses
            var inside = [Float](repeating: 1e-3, count: classes)
            var outside = inside
            for (code, value) in zip(codes, belief.values) {
                inside[code] += value
                outside[code] += 1 - value
            }
            let (insides, outsides) = (inside.reduce(0, +), outside.reduce(0, +))
            let odds = codes.indices.map { pixel -> Float in
                let (a, b) = (inside[codes[pixel]] / insides, outside[codes[pixel]] / outsides)
                let evidence = log((a + 1e-4) / (b + 1e-4)) + log(prior[pixel] / (1 - prior[pixel]))
                return min(max(evidence, -4), 4)
            }
            belief.values = Plane(width: map.width, height: map.height, values: odds).blurred(radius: 1)
                .values.map(sigmoid)
        }
        return MaskPieces.largest(belief.values.map { $0 > 0.5 }, width: map.width).map { $0 ? 1 : 0 }
    }

    private static func sigmoid(_ value: Float) -> Float { 1 / (1 + exp(-value)) }

    private static func code(_ lab: SIMD3<Float>) -> Int {
        func place(_ value: Float, _ classes: Int) -> Int {
            min(max(Int(value * Float(classes)), 0), classes - 1)
        }
        let light = place(lab.x / 100, lightClasses)
        let (green, blue) = (place(lab.y / 180 + 0.5, colorClasses), place(lab.z / 180 + 0.5, colorClasses))
        return (light * colorClasses + green) * colorClasses + blue
    }
}
