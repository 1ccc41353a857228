/// How long pictures take, by what that depends on, measured on the jobs of this run.
struct StepTimes: Sendable {
    /// What a picture's time depends on.
    struct Kind: Hashable, Sendable {
        var modelHash: String
        var width: Int
        var height: Int
        var mode: String
        var references: Int
    }

    /// What was measured.
    struct Measure: Sendable, Equatable {
        var secondsPerStep: Double
        /// From the last step to the finished picture.
        var secondsAfterSteps: Double
    }

    private var measures: [Kind: Measure] = [:]

    /// The last measure of pictures of that kind.
    func measured(_ kind: Kind) -> Measure? { measures[kind] }

    /// Takes in what a picture took.
    mutating func take(_ measure: Measure?, of kind: Kind) {
        if let measure { measures[kind] = measure }
    }
}
