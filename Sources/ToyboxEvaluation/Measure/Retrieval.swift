/// Who is nearest to a picture.
enum Retrieval {
    /// The mean of vectors of unit length, of unit length again.
    static func mean(_ vectors: [[Float]]) -> [Float] {
        var sum = [Float](repeating: 0, count: vectors.first?.count ?? 0)
        for vector in vectors { for (index, value) in vector.enumerated() { sum[index] += value } }
        let norm = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return norm > 0 ? sum.map { $0 / norm } : sum
    }

    /// The index of the candidate with the largest product with `vector`; of equals the last one, so that a judge which
    /// cannot tell anything from anything finds nobody.
    static func nearest(to vector: [Float], among candidates: [[Float]]) -> Int? {
        let products = candidates.map { zip($0, vector).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
        return products.indices.max { (products[$0], $0) < (products[$1], $1) }
    }
}
