/// The samplers by the names that users give.
public enum SamplerKind: String, Sendable, CaseIterable {
    /// Denoising diffusion implicit models, η = 0 (arXiv 2010.02502).
    case ddim
    /// DPM-Solver++, multistep, order 2 (arXiv 2211.01095).
    case dpmpp2M = "dpmpp_2m"
    /// The same at Karras' noise levels (arXiv 2206.00364).
    case dpmpp2MKarras = "dpmpp_2m_karras"
    /// Euler's method on the probability flow (arXiv 2206.00364).
    case euler
    /// A predictor and corrector in one (arXiv 2302.04867).
    case unipc

    public init(name: String) throws(SamplerError) {
        guard let kind = SamplerKind(rawValue: name) else {
            throw .unknownSampler(name: name, allowed: SamplerKind.allCases.map(\.rawValue))
        }
        self = kind
    }

    /// A sampler of `steps` steps for a checkpoint's noise schedule.
    public func sampler(
        for configuration: SchedulerConfiguration, steps: Int
    ) throws(SamplerError) -> any Sampler {
        guard 1...configuration.trainingSteps ~= steps else {
            throw .stepsOutOfRange(steps: steps, allowed: 1...configuration.trainingSteps)
        }
        switch self {
        case .ddim: return try DDIMSampler(configuration, steps: steps)
        case .dpmpp2M: return try DPMSolverSampler(configuration, steps: steps)
        case .dpmpp2MKarras:
            var configuration = configuration
            configuration.usesKarrasNoiseLevels = true
            return try DPMSolverSampler(configuration, steps: steps)
        case .euler: return try EulerSampler(configuration, steps: steps)
        case .unipc: return try UniPCSampler(configuration, steps: steps)
        }
    }
}
