import Foundation

/// The timesteps and noise levels that a sampler visits.
struct SamplingSchedule: Sendable {
    /// The network's time of each step.
    let timesteps: [Double]
    /// `σ / α` at the start of each step, and after the last.
    let noiseLevels: [Double]

    /// α of a step's noise level, with `α² + σ² = 1`.
    func alpha(_ index: Int) -> Double { 1 / (noiseLevels[index] * noiseLevels[index] + 1).squareRoot() }

    /// σ of a step's noise level, with `α² + σ² = 1`.
    func sigma(_ index: Int) -> Double { noiseLevels[index] * alpha(index) }

    /// `log(α / σ)` of a step's noise level.
    func logSNR(_ index: Int) -> Double { -log(noiseLevels[index]) }

    /// The step whose noise level counts for latents noised at `step`: of several steps that round to one
    /// timestep it is the second, as in diffusers, which finds the level by the timestep.
    func noisingStep(_ step: Int) -> Int {
        let equal = timesteps.indices.filter { timesteps[$0] == timesteps[step] }
        return equal.count > 1 ? equal[1] : step
    }

    /// The solvers on whole timesteps, which differ in details.
    enum MultistepSolver {
        /// Can start below a bound of log SNR; cuts Karras timesteps off for the cosine schedule.
        case dpmSolver
        /// Ends at its own last Karras level where it does not end at zero.
        case uniPC
    }

    /// For solvers on whole timesteps: as many steps and one more end, which stands for the clean latent.
    static func multistep(
        _ configuration: SchedulerConfiguration, steps: Int, solver: MultistepSolver
    ) throws(SamplerError) -> SamplingSchedule {
        let schedule = NoiseSchedule(configuration)
        let levels = schedule.noiseLevels
        // 1. timesteps, from the last whose signal is not below the bound
        let bound = solver == .dpmSolver ? configuration.minimumLogSNR : -.infinity
        let last = schedule.count - Self.timesteps(of: schedule, below: bound)
        var timesteps: [Double]
        switch configuration.timestepSpacing ?? .linspace {
        case .linspace:
            timesteps = TimestepSequence.linspace(0, Double(last - 1), count: steps + 1).dropFirst()
                .reversed()
                .map { $0.rounded(.toNearestOrEven) }
        case .leading:
            timesteps = TimestepSequence.leading(
                count: steps + 1, stride: last / (steps + 1), offset: configuration.stepsOffset
            ).dropLast()
        case .trailing:
            timesteps = TimestepSequence.trailing(last: last, trainingSteps: schedule.count, steps: steps)
        }
        // 2. their noise levels
        var visited = timesteps.map { level(at: $0, in: levels) }
        var final = configuration.finalNoiseLevel == .zero ? 0 : Double(levels[0])
        if configuration.usesKarrasNoiseLevels {
            visited = karras(
                from: configuration.maximumNoiseLevel ?? Double(levels[levels.count - 1]),
                to: configuration.minimumNoiseLevel ?? Double(levels[0]), count: steps)
            timesteps = visited.map { timestep(of: $0, in: levels) }
            let isCutOff = solver == .dpmSolver && configuration.betaSchedule == .squaredCosine
            timesteps = timesteps.map { $0.rounded(isCutOff ? .towardZero : .toNearestOrEven) }
            if solver == .uniPC, configuration.finalNoiseLevel == .minimum { final = visited[steps - 1] }
        }
        return try SamplingSchedule(
            timesteps: timesteps, noiseLevels: (visited + [final]).map { Double(Float($0)) }
        )
        .checked()
    }

    /// For Euler's method: timesteps need not be whole.
    static func continuous(
        _ configuration: SchedulerConfiguration, steps: Int
    ) throws(SamplerError) -> SamplingSchedule {
        let schedule = NoiseSchedule(configuration)
        let levels = schedule.noiseLevels
        var timesteps: [Double]
        switch configuration.timestepSpacing ?? .linspace {
        case .linspace:
            timesteps = TimestepSequence.linspace(0, Double(schedule.count - 1), count: steps).reversed()
        case .leading:
            timesteps = TimestepSequence.leading(
                count: steps, stride: schedule.count / steps, offset: configuration.stepsOffset)
        case .trailing:
            timesteps = TimestepSequence.trailing(
                last: schedule.count, trainingSteps: schedule.count, steps: steps)
        }
        timesteps = timesteps.map { Double(Float($0)) }
        var visited = timesteps.map { level(at: $0, in: levels) }
        if configuration.usesKarrasNoiseLevels {
            visited = karras(
                from: configuration.maximumNoiseLevel ?? visited[0],
                to: configuration.minimumNoiseLevel ?? visited[steps - 1], count: steps)
            timesteps = visited.map { Double(Float(timestep(of: $0, in: levels))) }
        }
        let final = configuration.finalNoiseLevel == .zero ? 0 : Double(levels[0])
        return try SamplingSchedule(
            timesteps: timesteps, noiseLevels: (visited + [final]).map { Double(Float($0)) }
        )
        .checked()
    }

    private func checked() throws(SamplerError) -> SamplingSchedule {
        for step in timesteps.indices.dropLast() where noiseLevels[step + 1] >= noiseLevels[step] {
            throw .repeatedNoiseLevel(steps: timesteps.count, step: step)
        }
        return self
    }

    /// How many timesteps, at the noisy end, have a `log(α / σ)` below the bound.
    private static func timesteps(of schedule: NoiseSchedule, below bound: Double) -> Int {
        guard bound > -.infinity else { return 0 }
        var alphas = schedule.cumulativeAlphas
        if schedule.hasZeroTerminalSNR { alphas[alphas.count - 1] = 0x1p-24 }
        return alphas.count { Double(log($0.squareRoot()) - log((1 - $0).squareRoot())) < bound }
    }

    /// Interpolated linearly between timesteps; constant beyond both ends.
    private static func level(at timestep: Double, in levels: [Float]) -> Double {
        let position = min(max(timestep, 0), Double(levels.count - 1))
        let low = min(Int(position), levels.count - 2)
        let (a, b) = (Double(levels[low]), Double(levels[low + 1]))
        return a + (b - a) * (position - Double(low))
    }

    /// `count` levels, evenly spaced in their seventh root.
    private static func karras(from maximum: Double, to minimum: Double, count: Int) -> [Double] {
        let rho = 7.0
        let (first, last) = (pow(maximum, 1 / rho), pow(minimum, 1 / rho))
        return TimestepSequence.linspace(0, 1, count: count).map { pow(first + $0 * (last - first), rho) }
    }

    /// The timestep of a noise level, interpolated linearly in its logarithm.
    private static func timestep(of level: Double, in levels: [Float]) -> Double {
        let logLevel = log(max(level, 1e-10))
        let logs = levels.map { log($0) }
        let low = min(max(logs.lastIndex { Double($0) <= logLevel } ?? 0, 0), logs.count - 2)
        let weight = (Double(logs[low]) - logLevel) / Double(logs[low] - logs[low + 1])
        return Double(low) + min(max(weight, 0), 1)
    }
}
