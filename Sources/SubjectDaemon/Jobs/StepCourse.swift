/// The course of one picture's steps, for its time left.
struct StepCourse: Sendable {
    /// When the first step began.
    private let began: Duration
    /// What a picture of this kind took before.
    private let expected: StepTimes.Measure?
    private(set) var step = 0
    private(set) var total = 0
    /// The first step of this attempt: what a checkpoint holds was done in another.
    private var firstStep = 0
    private var lastAt: Duration
    /// When the first step was done. It holds what is done once, as the prompt's encoding.
    private var firstAt: Duration?

    init(began: Duration, expected: StepTimes.Measure?) {
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
        if firstAt == nil {
            firstAt = now
            firstStep = step
        }
    }

    /// By the steps after the first where there are any, else by what was measured before, else by the first.
    var secondsPerStep: Double? {
        guard step > 0, let firstAt else { return expected?.secondsPerStep }
        if step > firstStep { return (lastAt - firstAt).inSeconds / Double(step - firstStep) }
        return expected?.secondsPerStep ?? (firstAt - began).inSeconds
    }

    /// From now until the picture is finished.
    func secondsLeft(at now: Duration) -> Double? {
        guard total > 0, let secondsPerStep else { return nil }
        let left = Double(total - step) * secondsPerStep + (expected?.secondsAfterSteps ?? 0)
        return max(left - (now - lastAt).inSeconds, 0)
    }

    /// What this picture took, once it is finished; nil where no two steps were seen.
    func measure(at now: Duration) -> StepTimes.Measure? {
        guard step > firstStep, let secondsPerStep else { return nil }
        return .init(
            secondsPerStep: secondsPerStep, secondsAfterSteps: (now - lastAt).inSeconds, steps: total)
    }

    /// Whether every step is done.
    var isThrough: Bool { total > 0 && step >= total }

    /// Steps done, of a hundred.
    var percent: Int { total > 0 ? min(step * 100 / total, 100) : 0 }

    /// Seconds with one decimal.
    static func tenths(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10)" }
}
