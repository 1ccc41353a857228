/// Noise levels from one to another, as people write them: `0.3-5`.
extension ClosedRange<Double> {
    /// Nil unless it is two numbers of 0 to 1000, the lower first.
    public init?(noiseLevels text: String) {
        // Of several lines between numbers, as in 1e-05-5, one has a number on both sides.
        for line in text.indices where text[line] == "-" {
            guard let lower = Double(text[..<line]), let upper = Double(text[text.index(after: line)...]),
                (0...1000).contains(lower), (lower...1000).contains(upper)
            else { continue }
            self = lower...upper
            return
        }
        return nil
    }

    /// What may be written.
    public static var noiseLevelsAllowed: String { "two noise levels from 0 to 1000, as 0.3-5" }
}
