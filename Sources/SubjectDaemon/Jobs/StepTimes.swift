/// How long steps take, by what they depend on, measured on the jobs of this run.
struct StepTimes: Sendable {
    /// What a step's time depends on.
    struct Kind: Hashable, Sendable {
        var modelHash: String
        var width: Int
        var height: Int
        var mode: String
        var references: Int
    }

    private var secondsPerStep: [Kind: Double] = [:]

    /// The last measure for steps of that kind.
    func measured(_ kind: Kind) -> Double? { secondsPerStep[kind] }

    /// Takes in what a job's steps took.
    mutating func measure(_ kind: Kind, secondsPerStep seconds: Double) {
        secondsPerStep[kind] = seconds
    }
}

/// The course of one picture's steps, for its time left.
struct StepCourse: Sendable {
    /// When the first step began.
    private let began: Duration
    /// What a step of this kind took before.
    private let expected: Double?
    private(set) var step = 0
    private(set) var total = 0
    private var lastAt: Duration
    /// When the first step was done. It holds what is done once, as the prompt's encoding.
    private var firstAt: Duration?

    init(began: Duration, expected: Double?) {
        self.began = began
        self.expected = expected
        lastAt = began
    }

    /// A step was done.
    mutating func advance(_ progress: StepProgress, at now: Duration) {
        guard progress.step > step || progress.total != total else { return }
        step = progress.step
        total = progress.total
        lastAt = now
        if firstAt == nil { firstAt = now }
    }

    /// By the steps after the first where there are any, else by the first, else by what was measured before.
    var secondsPerStep: Double? {
        guard step > 0, let firstAt else { return expected }
        if step > 1 { return (lastAt - firstAt).inSeconds / Double(step - 1) }
        return expected ?? (firstAt - began).inSeconds
    }

    /// From now until the last step is done.
    func secondsLeft(at now: Duration) -> Double? {
        guard total > 0, let secondsPerStep else { return nil }
        let left = Double(total - step) * secondsPerStep
        return max(left - (now - lastAt).inSeconds, 0)
    }

    /// Seconds with one decimal.
    static func tenths(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10)" }

    /// Steps done, of a hundred.
    var percent: Int { total > 0 ? min(step * 100 / total, 100) : 0 }
}
