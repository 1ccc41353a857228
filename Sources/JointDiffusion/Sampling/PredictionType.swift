/// What the network's output stands for, with `x = α x₀ + σ ε`, `α² + σ² = 1`.
public enum PredictionType: String, Sendable, CaseIterable {
    /// The noise ε.
    case epsilon
    /// The velocity `α ε - σ x₀` (Salimans and Ho, arXiv 2202.00512).
    case velocity = "v_prediction"
    /// The clean latent x₀.
    case sample

    /// Coefficients of a sum `latent * x + output * (what the network gave)`.
    struct Combination: Sendable {
        let latent: Double
        let output: Double
    }

    /// x₀ from the noisy latent and the output. Undefined for `epsilon` at α = 0.
    func cleanLatent(alpha: Double, sigma: Double) -> Combination {
        switch self {
        case .epsilon: Combination(latent: 1 / alpha, output: -sigma / alpha)
        case .velocity: Combination(latent: alpha, output: -sigma)
        case .sample: Combination(latent: 0, output: 1)
        }
    }

    /// ε from the noisy latent and the output. Undefined for `sample` at σ = 0.
    func noise(alpha: Double, sigma: Double) -> Combination {
        switch self {
        case .epsilon: Combination(latent: 0, output: 1)
        case .velocity: Combination(latent: sigma, output: alpha)
        case .sample: Combination(latent: 1 / sigma, output: -alpha / sigma)
        }
    }
}
