/// Norm of the difference over norm of `expected`, in float64; infinite if the counts differ or anything is NaN.
public func relativeDifference(_ actual: [Float], _ expected: [Float]) -> Double {
    guard actual.count == expected.count else { return .infinity }
    var difference = 0.0
    var norm = 0.0
    for (a, b) in zip(actual, expected) {
        difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
        norm += Double(b) * Double(b)
    }
    let relative = (difference / norm).squareRoot()
    return relative.isNaN ? (difference == 0 ? 0 : .infinity) : relative
}
