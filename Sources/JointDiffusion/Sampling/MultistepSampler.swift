import Tensors

/// Samplers of the DPM-Solver family: latents are variance preserving, and predictions are of the clean latent.
protocol MultistepSampler: Sampler {
    var schedule: SamplingSchedule { get }
    var predictionType: PredictionType { get }
}

extension MultistepSampler {
    var timesteps: [Double] { schedule.timesteps }
    var noiseLevels: [Double] { Array(schedule.noiseLevels.dropLast()) }
    var initialNoiseScale: Double { 1 }

    func scaledInput(_ x: Tensor, at step: Int) -> Tensor { x }

    func noised(_ clean: Tensor, _ noise: Tensor, at step: Int) -> Tensor {
        let index = schedule.noisingStep(step)
        return .linearCombination([
            (Float(schedule.alpha(index)), clean), (Float(schedule.sigma(index)), noise),
        ])
    }

    func cleanLatent(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor {
        let weights = predictionType.cleanLatent(alpha: schedule.alpha(step), sigma: schedule.sigma(step))
        return .linearCombination([(Float(weights.latent), x), (Float(weights.output), modelOutput)])
    }
}
