import Foundation

extension WorkingImage {
    /// How well an outline parts a subject from its background, whatever found it: 1 where no colour within is also
    /// without and the subject does not touch the picture's edges, down to -1.
    /// - Parameter outline: 1 within, 0 without.
    func distinctness(of outline: [Float]) -> Float {
        let classes = 8
        func place(_ value: Float) -> Int { min(max(Int(value * Float(classes)), 0), classes - 1) }
        var inside = [Float](repeating: 0, count: classes * classes * classes)
        var outside = inside
        var (touching, edges) = (Float(0), Float(0))
        for (pixel, color) in lab.enumerated() {
            let code =
                (place(color.x / 100) * classes + place(color.y / 180 + 0.5)) * classes
                + place(color.z / 180 + 0.5)
            inside[code] += outline[pixel]
            outside[code] += 1 - outline[pixel]
            let (x, y) = (pixel % width, pixel / width)
            if x == 0 || y == 0 || x == width - 1 || y == height - 1 {
                edges += 1
                touching += outline[pixel]
            }
        }
        let (insides, outsides) = (inside.reduce(0, +), outside.reduce(0, +))
        guard insides > 0, outsides > 0 else { return -1 }
        let common = zip(inside, outside).reduce(Float(0)) {
            $0 + ($1.0 / insides * $1.1 / outsides).squareRoot()
        }
        return 1 - common - touching / edges
    }
}
