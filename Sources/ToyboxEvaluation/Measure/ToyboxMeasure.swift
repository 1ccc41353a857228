import Foundation
import Images
import JointDiffusion
import SyntheticSubjects
import Synchronization
import Tensors

/// Shows a model references of toys that it never saw, asks for them in other places, and has the judge look at what it
/// makes.
public struct ToyboxMeasure: Sendable {
    /// The model's folder; nil: only what true pictures and copies score.
    public var model: String?
    public var judge: String
    public var subjects = 200
    public var seed: UInt64 = 20_261
    public var setups: [ToyboxSetup] = []
    /// Sampling steps and sampler; nil: the model's own.
    public var steps: Int?
    public var sampler: SamplerKind?
    /// What the model's products compute with; the judge's are float32.
    public var precision = Precision.float32
    /// Trials that are worked on at the same time, each on one thread with a model of its own.
    public var jobs = CPUConfiguration.availableProcessors
    /// Trials whose pictures are kept to be looked at.
    public var shown = 0

    public init(model: String?, judge: String) {
        (self.model, self.judge) = (model, judge)
    }

    /// Side of the pictures where there is no model.
    private static let plainSize = 128

    /// What was made of a trial.
    struct Outcome: Sendable {
        let trial: Int
        var verdicts: [ToyboxVerdict]
        /// References, then the pictures of the rows; empty where they are not kept.
        var references: [RGBImage] = []
        var pictures: [RGBImage] = []
    }

    /// - Parameter advance: called, on any thread, after each trial.
    public func run(advance: @escaping @Sendable () -> Void = {}) throws -> ToyboxReport {
        let begin = ContinuousClock.now
        let outcomes = Mutex<[Int: Outcome]>([:])
        let jobs = min(max(1, jobs), subjects)
        try ParallelWork.run(0..<jobs, threads: jobs) { job in
            let worker = try ToyboxWorker(self)
            for number in stride(from: job, to: subjects, by: jobs) {
                let outcome = try worker.outcome(of: number)
                outcomes.withLock { $0[number] = outcome }
                advance()
            }
        }
        let all = outcomes.withLock { all in (0..<subjects).compactMap { all[$0] } }
        return ToyboxReport(
            self, outcomes: all, seconds: (ContinuousClock.now - begin) / .seconds(1))
    }

    /// The side of what is drawn.
    func size(of model: DiffusionModel?) throws -> Int {
        guard let model else { return Self.plainSize }
        guard model.width == model.height else {
            throw ToyboxEvaluationError.modelSize(
                model: model.source.path, width: model.width, height: model.height)
        }
        return model.width
    }
}
