/// The samplers by the names that users give.
public enum SamplerKind: String, Sendable, CaseIterable {
    /// Denoising diffusion implicit models (arXiv 2010.02502).
    case ddim
    /// DPM-Solver++, multistep, order 2 (arXiv 2211.01095).
    case dpmpp2M = "dpmpp_2m"
    /// The same at Karras' noise levels (arXiv 2206.00364).
    case dpmpp2MKarras = "dpmpp_2m_karras"
    /// The stochastic differential equation instead of the ordinary one (arXiv 2206.00927, section C).
    case dpmpp2MSDE = "dpmpp_2m_sde"
    /// Euler's method on the probability flow (arXiv 2206.00364).
    case euler
    /// Euler's method past the next noise level, and noise to come back to it.
    case eulerAncestral = "euler_a"
    /// Latent consistency models, and what an LCM-LoRA makes of any model (arXiv 2310.04378): 1 to 8 steps, guidance
    /// from 1 to 2.
    case lcm
    /// A predictor and corrector in one (arXiv 2302.04867).
    case unipc

    public init(name: String) throws(SamplerError) {
        guard let kind = SamplerKind(rawValue: name) else {
            throw .unknownSampler(name: name, allowed: SamplerKind.allCases.map(\.rawValue))
        }
        self = kind
    }

    /// A sampler of `steps` steps for a checkpoint's noise schedule.
    /// - Parameter eta: how much of the noise that DDPM would add `ddim` does, from 0 to 1.
    public func sampler(
        for configuration: SchedulerConfiguration, steps: Int, eta: Double = 0
    ) throws(SamplerError) -> any Sampler {
        guard 1...configuration.trainingSteps ~= steps else {
            throw .stepsOutOfRange(steps: steps, allowed: 1...configuration.trainingSteps)
        }
        guard eta == 0 || (self == .ddim && 0...1 ~= eta) else { throw .eta(sampler: rawValue, value: eta) }
        switch self {
        case .ddim: return try DDIMSampler(configuration, steps: steps, eta: eta)
        case .dpmpp2M: return try DPMSolverSampler(configuration, steps: steps)
        case .dpmpp2MKarras:
            var configuration = configuration
            configuration.usesKarrasNoiseLevels = true
            return try DPMSolverSampler(configuration, steps: steps)
        case .dpmpp2MSDE: return try DPMSolverSampler(configuration, steps: steps, addsNoise: true)
        case .euler: return try EulerSampler(configuration, steps: steps)
        case .eulerAncestral:
            // The class that it comes from has neither.
            var configuration = configuration
            configuration.usesKarrasNoiseLevels = false
            configuration.finalNoiseLevel = .zero
            return try EulerSampler(configuration, steps: steps, isAncestral: true)
        case .lcm: return try LCMSampler(configuration, steps: steps)
        case .unipc: return try UniPCSampler(configuration, steps: steps)
        }
    }
}
