import JointDiffusion

/// How much the error at a noise level counts.
public enum LossWeighting: String, Sendable, CaseIterable {
    /// The mean squared error of what the network gives.
    case none
    /// min-SNR-γ (Hang et al., arXiv 2303.09556): errors at little noise count no more than at signal-to-noise ratio γ.
    case minSNR = "min_snr"
    /// The squared error of the velocity, whatever the network gives.
    case velocity = "v"

    /// The factor of the squared error, with `α² = alpha2`.
    func factor(alpha2: Double, prediction: PredictionType, gamma: Double) -> Double {
        let (alpha2, sigma2) = (max(alpha2, 1e-8), max(1 - alpha2, 1e-8))
        let ratio = alpha2 / sigma2
        switch self {
        case .none: return 1
        case .minSNR:
            let bounded = min(ratio, gamma)
            switch prediction {
            case .epsilon: return bounded / ratio
            case .velocity: return bounded / (ratio + 1)
            case .sample: return bounded
            }
        case .velocity:
            switch prediction {
            case .epsilon: return 1 / alpha2
            case .velocity: return 1
            case .sample: return 1 / sigma2
            }
        }
    }
}
