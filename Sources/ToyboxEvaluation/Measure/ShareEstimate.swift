/// A share of successes with the interval that it lies in with 95 % confidence (Wilson's score interval).
public struct ShareEstimate: Sendable, Equatable, Codable {
    public let successes, trials: Int
    public let low, high: Double

    public init(_ successes: Int, of trials: Int) {
        precondition(trials > 0 && (0...trials).contains(successes), "\(successes) of \(trials)")
        (self.successes, self.trials) = (successes, trials)
        let (n, z) = (Double(trials), 1.959963984540054)
        let share = Double(successes) / n
        let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
        let reach = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
        // Rounding must not leave 0 and 1 outside.
        low = successes == 0 ? 0 : max(0, middle - reach)
        high = successes == trials ? 1 : min(1, middle + reach)
    }

    public var share: Double { Double(successes) / Double(trials) }
}
