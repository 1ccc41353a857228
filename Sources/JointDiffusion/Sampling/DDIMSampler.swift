import Tensors

/// Denoising diffusion implicit models (Song et al., arXiv 2010.02502, eq. 12).
struct DDIMSampler: Sampler {
    let timesteps: [Double]
    let noiseLevels: [Double]
    let initialNoiseScale = 1.0
    var history: [Tensor] = []

    /// `√ᾱ` and `√(1 - ᾱ)` at a step's start and at its end.
    private struct Scales {
        let start: (alpha: Double, sigma: Double)
        let end: (alpha: Double, sigma: Double)
        /// Standard deviation of the fresh noise in the end's (eq. 16).
        let added: Double
        /// What is left for the noise that was predicted.
        var kept: Double { (end.sigma * end.sigma - added * added).squareRoot() }

        init(start: (alpha: Double, sigma: Double), end: (alpha: Double, sigma: Double), eta: Double) {
            (self.start, self.end) = (start, end)
            let ratio = start.alpha / end.alpha
            added = eta * end.sigma / start.sigma * (1 - ratio * ratio).squareRoot()
        }
    }

    private let scales: [Scales]
    private let predictionType: PredictionType
    /// Bound of the clean latent.
    private let clipRange: Double?

    /// - Parameter eta: 0 adds no noise, 1 as much as DDPM.
    init(_ configuration: SchedulerConfiguration, steps: Int, eta: Double) throws(SamplerError) {
        let schedule = NoiseSchedule(configuration)
        let stride = schedule.count / steps
        switch configuration.timestepSpacing ?? .leading {
        case .linspace:
            timesteps = TimestepSequence.linspace(0, Double(schedule.count - 1), count: steps).reversed()
                .map { $0.rounded(.toNearestOrEven) }
        case .leading:
            timesteps = TimestepSequence.leading(
                count: steps, stride: stride, offset: configuration.stepsOffset)
        case .trailing:
            timesteps = TimestepSequence.trailing(
                last: schedule.count, trainingSteps: schedule.count, steps: steps)
        }
        if let beyond = timesteps.first(where: { Int($0) >= schedule.count }) {
            throw .timestepOutOfRange(timestep: Int(beyond), trainingSteps: schedule.count)
        }
        // A step ends a whole stride below its start, wherever the next one starts.
        let final = configuration.setsAlphaToOne ? (alpha: 1, sigma: 0) : schedule.scales(at: 0)
        scales = timesteps.map { timestep in
            let end = Int(timestep) - stride
            return Scales(
                start: schedule.scales(at: Int(timestep)),
                end: end >= 0 ? schedule.scales(at: end) : final, eta: eta)
        }
        noiseLevels = scales.map { $0.start.sigma / $0.start.alpha }
        predictionType = configuration.predictionType
        clipRange = configuration.clipRange
        if predictionType == .epsilon, let step = scales.firstIndex(where: { $0.start.alpha == 0 }) {
            throw .noSignal(sampler: SamplerKind.ddim.rawValue, timestep: Int(timesteps[step]))
        }
    }

    func scaledInput(_ x: Tensor, at step: Int) -> Tensor { x }

    func noised(_ clean: Tensor, _ noise: Tensor, at step: Int) -> Tensor {
        let (alpha, sigma) = scales[step].start
        return .linearCombination([(Float(alpha), clean), (Float(sigma), noise)])
    }

    func cleanLatent(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor {
        let start = scales[step].start
        let clean = predictionType.cleanLatent(alpha: start.alpha, sigma: start.sigma)
        let predicted = Tensor.linearCombination([
            (Float(clean.latent), x), (Float(clean.output), modelOutput),
        ])
        return clipRange.map { predicted.clamped(to: Float($0)) } ?? predicted
    }

    mutating func step(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor {
        let (start, end) = (scales[step].start, (alpha: scales[step].end.alpha, sigma: scales[step].kept))
        let clean = predictionType.cleanLatent(alpha: start.alpha, sigma: start.sigma)
        let noise = predictionType.noise(alpha: start.alpha, sigma: start.sigma)
        if clipRange != nil {
            return .linearCombination([
                (Float(end.alpha), cleanLatent(modelOutput, at: step, x)),
                (Float(end.sigma * noise.latent), x), (Float(end.sigma * noise.output), modelOutput),
            ])
        }
        return .linearCombination([
            (Float(end.alpha * clean.latent + end.sigma * noise.latent), x),
            (Float(end.alpha * clean.output + end.sigma * noise.output), modelOutput),
        ])
    }
}

extension DDIMSampler {
    func addedNoise(at step: Int) -> Double { scales[step].added }
}

extension Tensor {
    /// Every element bounded by `±bound`.
    func clamped(to bound: Float) -> Tensor {
        let bounds = Tensor(repeating: bound, shape: shape, on: backend)
        // relu(x + b) = max(x, -b) + b, and the same from above.
        let aboveLower = (self + bounds).activated(.relu)
        let belowUpper = Tensor.linearCombination([(2, bounds), (-1, aboveLower)]).activated(.relu)
        return bounds - belowUpper
    }
}
