/// For each pixel along one side of a resized picture: which source pixels it is made of, and how much
/// of each. The kernel is widened by the scale when shrinking so that what the target cannot show is
/// averaged instead of aliased.
struct ResamplingTable {
    /// The first source pixel of each target pixel, and how many there are.
    let starts, counts: [Int]
    /// `stride` weights reserved for each target pixel; the used ones add up to 1.
    let exactWeights: [Double]
    /// The same in single precision.
    let weights: [Float]
    let stride: Int

    /// - Parameters:
    ///   - range: the part of the source side to show, in pixels, within 0 and `sourceCount`.
    ///   - sourceCount: the pixels of the source side.
    ///   - targetCount: the pixels of the target side.
    init(
        range: ClosedRange<Double>, sourceCount: Int, targetCount: Int, kernel: ResamplingKernel = .lanczos
    ) {
        let scale = (range.upperBound - range.lowerBound) / Double(targetCount)
        let widening = max(scale, 1)
        let reach = kernel.reach * widening
        let stride = Int(reach.rounded(.up)) * 2 + 1
        var (starts, counts): ([Int], [Int]) = ([], [])
        var weights = [Double](repeating: 0, count: stride * targetCount)
        for target in 0..<targetCount {
            let centre = range.lowerBound + (Double(target) + 0.5) * scale
            let first = max(0, Int((centre - reach + 0.5).rounded(.down)))
            let end = min(sourceCount, Int((centre + reach + 0.5).rounded(.down)))
            let raw = (first..<end).map { kernel((Double($0) + 0.5 - centre) / widening) }
            let sum = raw.reduce(0, +)
            for (index, weight) in raw.enumerated() {
                weights[target * stride + index] = weight / sum
            }
            starts.append(first)
            counts.append(raw.count)
        }
        self.starts = starts
        self.counts = counts
        self.exactWeights = weights
        self.weights = weights.map(Float.init)
        self.stride = stride
    }

    /// The source pixels that the target needs at all.
    var sourceRange: Range<Int> {
        let end = zip(starts, counts).map { $0 + $1 }.max() ?? 0
        return (starts.min() ?? 0)..<end
    }
}
