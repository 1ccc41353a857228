import JointDiffusion

/// How long pictures take, by what that depends on: the median of the last few that were measured.
struct StepTimes: Sendable, Equatable {
    /// What a picture's time depends on. The model's hash says its precision too.
    struct Kind: Codable, Hashable, Sendable {
        var modelHash: String
        var width: Int
        var height: Int
        var mode: String
        var references: Int
        /// What the prompt says of them; nil leaves them to the model.
        var sampler: String?
        var isGuided: Bool?
        var isGuidedByReferences: Bool?
        var referenceTokens: Double?
        var deepEvery: Int?
        var guidanceInterval: ClosedRange<Double>?
        /// Of a picture that is started from a photo.
        var strength: Double?
    }

    /// What was measured.
    struct Measure: Codable, Sendable, Equatable {
        var secondsPerStep: Double
        /// From the last step to the finished picture.
        var secondsAfterSteps: Double
        /// How many steps the picture had.
        var steps = 0
    }

    /// How many measures of a kind count.
    static let kept = 5

    private var measures: [Kind: [Measure]] = [:]

    /// What pictures of that kind take.
    func measured(_ kind: Kind) -> Measure? {
        guard let last = measures[kind], let newest = last.last else { return nil }
        return Measure(
            secondsPerStep: Self.median(last.map(\.secondsPerStep)),
            secondsAfterSteps: Self.median(last.map(\.secondsAfterSteps)), steps: newest.steps)
    }

    /// Takes in what a picture took.
    mutating func take(_ measure: Measure, of kind: Kind) {
        measures[kind] = Array(((measures[kind] ?? []) + [measure]).suffix(Self.kept))
    }

    /// How long a picture takes from its first step, if one of its kind was measured.
    ///
    /// - Parameter steps: what the prompt says; nil takes as many as the last one of the kind had.
    func seconds(_ kind: Kind, steps: Int?) -> Double? {
        guard let measure = measured(kind) else { return nil }
        let steps = steps.map { $0 - PictureStart.firstStep(of: $0, strength: kind.strength ?? 1) }
        return Double(steps ?? measure.steps) * measure.secondsPerStep + measure.secondsAfterSteps
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

extension StepTimes.Kind {
    /// The kind of a job's picture with the model that is in use.
    init(
        _ plan: PlannedJob, modelHash: String, defaultWidth: Int, defaultHeight: Int, defaultMode: String
    ) {
        let options = plan.options
        self.init(
            modelHash: modelHash, width: options.width ?? defaultWidth,
            height: options.height ?? defaultHeight, mode: options.mode ?? defaultMode,
            references: plan.references.count, sampler: options.sampler,
            isGuided: options.guidance.map { $0 != 1 },
            isGuidedByReferences: options.imageGuidance.map { $0 != 1 },
            referenceTokens: options.referenceTokens, deepEvery: options.deepEvery,
            guidanceInterval: options.guidanceInterval, strength: plan.strength)
    }
}
