import Images

/// A network, or a formula, that sees whether two pictures show the same subject.
public protocol ImageEmbedding {
    /// Of the kind and its weights: sets that were judged by another name are not taken for complete.
    var name: String { get }

    /// The least mean similarity of a set, unless something else is asked for.
    var threshold: Double { get }

    /// A vector of length 1; the product of two is their similarity.
    /// - Parameter mask: how much of each pixel is the subject's, 0 to 255, `[height, width]`; nil: all of it.
    func embed(_ image: RGBImage, mask: [UInt8]?) throws -> [Float]
}

extension ImageEmbedding {
    /// The mean over all pairs; 1 for a picture alone.
    func similarity(_ pictures: [(image: RGBImage, mask: [UInt8])]) throws -> Double {
        let vectors = try pictures.map { picture in
            let vector = try embed(picture.image, mask: picture.mask)
            guard vector.allSatisfy(\.isFinite) else { throw CollageError.badEmbedding(name: name) }
            return vector
        }
        var (sum, count) = (0.0, 0)
        for first in vectors.indices {
            for second in vectors.indices.dropFirst(first + 1) {
                sum += zip(vectors[first], vectors[second]).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                count += 1
            }
        }
        return count == 0 ? 1 : sum / Double(count)
    }
}
