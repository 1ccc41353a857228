/// Which of the training timesteps are visited (Lin et al., arXiv 2305.08891, table 2).
public enum TimestepSpacing: String, Sendable, CaseIterable {
    /// Multiples of a whole stride from 0 up, plus an offset.
    case leading
    /// From the last timestep down, in strides that need not be whole.
    case trailing
    /// Evenly between the first and the last, both included.
    case linspace
}

/// The sequences that the spacings are made of, rounded as numpy rounds them.
enum TimestepSequence {
    /// `count` numbers from `first` to `last`; `first` alone for one.
    static func linspace(_ first: Double, _ last: Double, count: Int) -> [Double] {
        guard count > 1 else { return [first] }
        let stride = (last - first) / Double(count - 1)
        return (0..<(count - 1)).map { first + Double($0) * stride } + [last]
    }

    /// 0, `stride`, 2 `stride`, ... (`count` numbers), largest first, plus `offset`.
    static func leading(count: Int, stride: Int, offset: Int) -> [Double] {
        (0..<count).reversed().map { Double($0 * stride + offset) }
    }

    /// From `last` down to above 0 in strides of `trainingSteps / steps`, rounded half to even, minus 1.
    static func trailing(last: Int, trainingSteps: Int, steps: Int) -> [Double] {
        // With all of the range there are `steps` numbers, whatever the division rounds to.
        let count =
            last == trainingSteps
            ? steps : Int((Double(last) / (Double(trainingSteps) / Double(steps))).rounded(.up))
        // numpy's arange extends the difference of its first two numbers, which decides ties.
        let stride = (Double(last) - Double(trainingSteps) / Double(steps)) - Double(last)
        return (0..<count).map { (Double(last) + Double($0) * stride).rounded(.toNearestOrEven) - 1 }
    }
}
