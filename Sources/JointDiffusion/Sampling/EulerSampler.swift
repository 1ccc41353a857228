import Tensors

/// Euler's method on the probability flow (Karras et al., arXiv 2206.00364, algorithm 1 without churn), or the
/// ancestral one: each step goes further down, and noise lifts it to the next level.
///
/// Latents are `x₀ + level ε`, so their scale grows with the noise level; the network sees them scaled to
/// unit variance.
struct EulerSampler: Sampler {
    var history: [Tensor] = []
    let initialNoiseScale: Double
    private let schedule: SamplingSchedule
    private let predictionType: PredictionType
    private let isAncestral: Bool

    var timesteps: [Double] { schedule.timesteps }
    var noiseLevels: [Double] { Array(schedule.noiseLevels.dropLast()) }

    init(
        _ configuration: SchedulerConfiguration, steps: Int, isAncestral: Bool = false
    ) throws(SamplerError) {
        self.isAncestral = isAncestral
        schedule = try .continuous(configuration, steps: steps)
        predictionType = configuration.predictionType
        // Where the first timestep is the last of the training, noise alone has that level; below it there is
        // signal besides.
        let level = schedule.noiseLevels[0]
        switch configuration.timestepSpacing ?? .linspace {
        case .linspace, .trailing: initialNoiseScale = level
        case .leading: initialNoiseScale = (level * level + 1).squareRoot()
        }
    }

    func scaledInput(_ x: Tensor, at step: Int) -> Tensor {
        Float(schedule.alpha(step)) * x
    }

    func noised(_ clean: Tensor, _ noise: Tensor, at step: Int) -> Tensor {
        let level = schedule.noiseLevels[schedule.noisingStep(step)]
        return Tensor.linearCombination([(1, clean), (Float(level), noise)])
    }

    func cleanLatent(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor {
        let alpha = schedule.alpha(step)
        let clean = predictionType.cleanLatent(alpha: alpha, sigma: schedule.sigma(step))
        return .linearCombination([
            (Float(clean.latent * alpha), x), (Float(clean.output), modelOutput),
        ])
    }

    mutating func step(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor {
        let (alpha, sigma) = (schedule.alpha(step), schedule.sigma(step))
        let clean = predictionType.cleanLatent(alpha: alpha, sigma: sigma)
        // x₀ = a x + b output; the next latent lies on the line from x to x₀.
        let ratio = schedule.noiseLevels[step + 1] / schedule.noiseLevels[step]
        let kept = isAncestral ? ratio * ratio : ratio
        return .linearCombination([
            (Float(kept + (1 - kept) * clean.latent * alpha), x),
            (Float((1 - kept) * clean.output), modelOutput),
        ])
    }

    func addedNoise(at step: Int) -> Double {
        guard isAncestral else { return 0 }
        // The variances of what is kept and of what is added make up that of the next level.
        let (level, next) = (schedule.noiseLevels[step], schedule.noiseLevels[step + 1])
        let ratio = next / level
        return next * (1 - ratio * ratio).squareRoot()
    }
}
