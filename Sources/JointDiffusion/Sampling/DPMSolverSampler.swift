import Foundation
import Tensors

/// DPM-Solver++(2M): data prediction, exponential integrator in `λ = log(α / σ)`, two steps of memory
/// (Lu et al., arXiv 2211.01095, algorithm 2), for the probability flow or for the diffusion's own equation, which
/// adds noise.
struct DPMSolverSampler: MultistepSampler {
    /// The clean latent that the previous step predicted.
    var history: [Tensor] = []
    let schedule: SamplingSchedule
    let predictionType: PredictionType
    /// Whether the second-order term is that of Heun instead of the midpoint.
    private let usesHeun: Bool
    /// Whether the last step is of order 1.
    private let isFirstOrderAtEnd: Bool
    private let addsNoise: Bool

    init(
        _ configuration: SchedulerConfiguration, steps: Int, addsNoise: Bool = false
    ) throws(SamplerError) {
        self.addsNoise = addsNoise
        schedule = try .multistep(configuration, steps: steps, solver: .dpmSolver)
        predictionType = configuration.predictionType
        usesHeun = configuration.solverType == "heun"
        isFirstOrderAtEnd =
            configuration.finalNoiseLevel == .zero || configuration.usesEulerAtEnd
            || (configuration.lowersOrderAtEnd && schedule.timesteps.count < 15)
    }

    mutating func step(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor {
        // 1. the clean latent as predicted here
        let clean = cleanLatent(modelOutput, at: step, x)
        let previous = history.last
        history = [clean]

        // 2. first order: x' = (σ'/σ) x + α' (1 - e^-h) x₀, with h the growth of λ; with noise, h counts twice
        let growth = schedule.logSNR(step + 1) - schedule.logSNR(step)
        let exponent = addsNoise ? 2 * growth : growth
        let ratio = schedule.sigma(step + 1) / schedule.sigma(step)
        let kept = addsNoise ? ratio * exp(-growth) : ratio
        let gain = -schedule.alpha(step + 1) * expm1(-exponent)
        let isLast = step == schedule.timesteps.count - 1
        guard let previous, !(isLast && isFirstOrderAtEnd) else {
            return .linearCombination([(Float(kept), x), (Float(gain), clean)])
        }

        // 3. second order: the slope of x₀ over λ, from the two last predictions
        let slope = growth / (schedule.logSNR(step) - schedule.logSNR(step - 1))
        let weight = usesHeun && growth > 0 ? schedule.alpha(step + 1) - gain / exponent : gain / 2
        return .linearCombination([
            (Float(kept), x), (Float(gain + weight * slope), clean), (Float(-weight * slope), previous),
        ])
    }

    func addedNoise(at step: Int) -> Double {
        guard addsNoise else { return 0 }
        let growth = schedule.logSNR(step + 1) - schedule.logSNR(step)
        return schedule.sigma(step + 1) * (-expm1(-2 * growth)).squareRoot()
    }
}
