/// Noise levels from one to another, as people write them: `0.3-5`.
extension ClosedRange<Double> {
    /// Nil unless it is two numbers of 0 to 1000, the lower first.
    public init?(noiseLevels text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Double(String($0)) }
        guard ends.count == 2, let lower = ends[0], let upper = ends[1], (0...1000).contains(lower),
            (lower...1000).contains(upper)
        else { return nil }
        self = lower...upper
    }

    /// What may be written.
    public static var noiseLevelsAllowed: String { "two noise levels from 0 to 1000, as 0.3-5" }
}
