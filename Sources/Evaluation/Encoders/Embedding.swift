/// Where a picture or a text lies in an encoder's space, at length 1.
public struct Embedding: Sendable, Equatable {
    public let values: [Double]

    /// Nil where the numbers have no direction: all zero, or not finite.
    public init?(_ values: some Collection<Float>) {
        let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        guard length > 0, length.isFinite else { return nil }
        self.values = values.map { Double($0) / length }
    }

    /// The cosine of the angle between the two, -1 to 1.
    public func similarity(to other: Embedding) -> Double {
        precondition(values.count == other.values.count, "embeddings of different encoders")
        return zip(values, other.values).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// The mean similarity to those; nil where there are none.
    public func meanSimilarity(to others: [Embedding]) -> Double? {
        others.isEmpty ? nil : others.reduce(0) { $0 + similarity(to: $1) } / Double(others.count)
    }
}
