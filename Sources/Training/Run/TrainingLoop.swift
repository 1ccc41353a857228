import Foundation
import JointDiffusion
import Tensors

/// A training run: from its last snapshot, or from the beginning, to its last step.
public final class TrainingLoop {
    public let folder: RunFolder
    public let trainee: Trainee
    /// Steps done.
    public private(set) var step = 0
    private let configuration: TrainingConfiguration
    private let batches: BatchMaker
    private let optimiser: Optimizer
    private let average: ExponentialMovingAverage
    private let source: any SubjectSets
    private let group: ProcessGroup
    /// Weights that no gradient had reached for long at the last snapshot.
    public private(set) var idleWeights: [String] = []
    private var log: [LogEntry]
    private var probe: ReferenceProbe?

    /// How far a run is, after each step.
    public struct Progress: Sendable {
        public let step: Int
        public let steps: Int
        public let loss: Double?
        /// Of the clock, until the last step; nil as long as nothing can be said.
        public let secondsLeft: Double?
    }

    /// - Parameters:
    ///   - text: the configuration as it was written, which the folder keeps.
    ///   - group: the processes that train together; the first one alone writes the folder.
    ///   - source: where sets come from; by default what the configuration names.
    public init(
        _ configuration: TrainingConfiguration, text: String, folder path: String,
        group: ProcessGroup = .single, source given: (any SubjectSets)? = nil
    ) throws {
        self.configuration = configuration
        self.group = group
        folder = group.isFirst ? try RunFolder(path) : RunFolder(reading: path)
        if group.isFirst { try folder.claim(configuration, text: text) }
        source =
            try given
            ?? SubjectSource.open(
                configuration.data, seed: UInt64(configuration.seed), pool: configuration.pool)
        trainee = try Trainee(configuration)
        batches = BatchMaker(trainee, source, latents: try trainee.latentStore(of: group))
        optimiser = Optimizer(trainee.parameters, settings: configuration.optimiser, on: trainee.tape)
        average = ExponentialMovingAverage(
            of: trainee.parameters, decay: configuration.averageDecay, on: trainee.tape.base)
        if group.isFirst, let last = folder.snapshots().last {
            step = try Snapshot.read(
                last.file, processes: group.size, optimiser: optimiser, average: average, on: trainee.tape)
        }
        step = try group.broadcast(step)
        try optimiser.follow(group)
        try average.follow(group)
        log = group.isFirst ? try folder.log(upTo: step) : []
    }

    /// Goes on to the last step.
    /// - Parameter report: called after every step; may throw to end the run, which can then be resumed.
    public func run(_ report: (Progress) throws -> Void = { _ in }) throws {
        let (begin, processorBegin) = (ContinuousClock.now, Self.processorSeconds())
        let first = step
        var line = Line()
        var skipsInARow = 0
        while step < configuration.steps {
            // 1. The loss and its gradients, of all batches that the step has in all processes.
            let loss = try group.sum(addGradients())
            try optimiser.sumGradients(over: group)
            // 2. The step, unless its numbers are of no use.
            let norm = optimiser.gradientNorm()
            let rate = configuration.rates.rate(at: step, of: configuration.steps)
            let isFinite = loss.isFinite && norm.isFinite
            if isFinite {
                optimiser.step(rate: Float(rate), norm: norm)
                average.follow(step: optimiser.stepCount)
                skipsInARow = 0
            } else {
                optimiser.clearGradients()
                skipsInARow += 1
            }
            step += 1
            // 3. What is told and kept.
            line.add(loss: loss, norm: norm, isFinite: isFinite)
            if configuration.probeEvery > 0, step % configuration.probeEvery == 0, group.isFirst {
                line.probe = try measureReferences()
            }
            let seconds = (ContinuousClock.now - begin) / .seconds(1)
            let isLast = step == configuration.steps
            if group.isFirst, step % configuration.snapshotEvery == 0 || isLast {
                idleWeights = optimiser.idleWeights()
                line.idle = idleWeights.isEmpty ? nil : idleWeights
            }
            if group.isFirst, step % configuration.logEvery == 0 || isLast {
                let entry = line.entry(
                    step: step, rate: rate, seconds: seconds,
                    processorSeconds: Self.processorSeconds() - processorBegin)
                try folder.append(entry)
                log.append(entry)
                line = Line()
            }
            guard skipsInARow < configuration.maximumSkips else {
                throw TrainingError.notFinite(step: step, skips: skipsInARow)
            }
            if group.isFirst {
                let takesSamples =
                    configuration.sampleEvery > 0 && (step % configuration.sampleEvery == 0 || isLast)
                if takesSamples { try writeSamples() }
                if step % configuration.snapshotEvery == 0 || isLast { try writeSnapshot() }
            }
            let left = seconds / Double(step - first) * Double(configuration.steps - step)
            try report(
                Progress(
                    step: step, steps: configuration.steps, loss: isFinite ? loss : nil,
                    secondsLeft: step - first > 2 ? left : nil))
        }
    }

    /// What this process has had of all processors.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Adds the gradients of this process's batches of the step.
    /// - Returns: their share of the loss.
    private func addGradients() throws -> Double {
        let numbers = (0..<configuration.accumulate).map {
            (step * configuration.accumulate + $0) * group.size + group.rank
        }
        guard let objective = trainee.objective else {
            let factor = 1 / Float(configuration.accumulate * group.size)
            return try numbers.reduce(0) { sum, number in
                let batch = try batches.pixels(batch: number)
                let objective = AutoencoderObjective(
                    vae: trainee.vae, huber: Float(configuration.huber), on: trainee.tape)
                let loss = objective.loss(
                    batch.pixels, weights: batch.weights, images: batch.images, height: trainee.height,
                    width: trainee.width, noise: batch.noise)
                return sum + backward(loss, factor: factor)
            }
        }
        let parts = try numbers.map { try batches.sets(batch: $0) }
        // A mean over all images of the step, however they are spread.
        let images = try group.sum(parts.reduce(0.0) { $0 + Double(objective.imagesWithError($1)) })
        return parts.reduce(0) { sum, sets in
            sum
                + backward(
                    objective.loss(
                        sets, height: batches.height, width: batches.width, images: Float(images)))
        }
    }

    private func backward(_ loss: Tensor, factor: Float = 1) -> Double {
        let value = Double(loss.floats[0]) * Double(factor)
        trainee.tape.backward(loss, factor: factor)
        return value
    }

    private func measureReferences() throws -> ReferenceProbe.Result? {
        guard let objective = trainee.objective else { return nil }
        let probe = try probe ?? ReferenceProbe(batches)
        self.probe = probe
        return probe.measure(objective, height: batches.height, width: batches.width)
    }

    private func writeSnapshot() throws {
        try Snapshot.write(
            step: step, processes: group.size, optimiser: optimiser, average: average,
            to: folder.snapshotFile(step: step))
        folder.keepLastSnapshots(2)
        try folder.write(Data(LossCurve.png(log)), to: folder.curveFile)
    }

    private func writeSamples() throws {
        let sheet = try SampleSheet(trainee, averages: average.averages, source: source).png()
        try folder.write(Data(sheet), to: folder.sampleFile(step: step))
    }

    /// The steps of a line of the log.
    private struct Line {
        private var losses: [Double] = []
        private var norms: [Double] = []
        private var skipped = 0
        var idle: [String]?
        var probe: ReferenceProbe.Result?

        mutating func add(loss: Double, norm: Double, isFinite: Bool) {
            guard isFinite else {
                skipped += 1
                return
            }
            losses.append(loss)
            norms.append(norm)
        }

        func entry(step: Int, rate: Double, seconds: Double, processorSeconds: Double) -> LogEntry {
            let mean = { (values: [Double]) in
                values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
            }
            return LogEntry(
                step: step, loss: mean(losses), gradientNorm: mean(norms), rate: rate, skipped: skipped,
                seconds: seconds, processorSeconds: processorSeconds, idle: idle, probe: probe)
        }
    }
}
