/// Why a sampler cannot be made.
public enum SamplerError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownSampler(name: String, allowed: [String])
    /// More steps than timesteps, or none.
    case stepsOutOfRange(steps: Int, allowed: ClosedRange<Int>)
    /// The spacing asks for a timestep that the model was not trained on.
    case timestepOutOfRange(timestep: Int, trainingSteps: Int)
    /// Two successive steps would have the same noise level.
    case repeatedNoiseLevel(steps: Int, step: Int)
    /// Noise prediction says nothing about the image at a timestep of zero signal.
    case noSignal(sampler: String, timestep: Int)
    /// Noise for a sampler that adds none, or more than there may be.
    case eta(sampler: String, value: Double)
    /// The configuration asks a sampler for something it does not do.
    case unsupported(sampler: String, key: String, value: String, allowed: [String])

    public var description: String {
        switch self {
        case .unknownSampler(let name, let allowed):
            "unknown sampler \"\(name)\"; choose one of \(allowed.joined(separator: ", "))"
        case .stepsOutOfRange(let steps, let allowed):
            "\(steps) steps; from \(allowed.lowerBound) to \(allowed.upperBound) are possible"
        case .timestepOutOfRange(let timestep, let trainingSteps):
            "steps_offset leads to timestep \(timestep), beyond the \(trainingSteps) of the training; use fewer steps"
        case .repeatedNoiseLevel(let steps, let step):
            "\(steps) steps are too many: steps \(step) and \(step + 1) have the same noise level"
        case .noSignal(let sampler, let timestep):
            "\(sampler) cannot start from timestep \(timestep): with prediction_type epsilon and "
                + "rescale_betas_zero_snr it has no signal; use another sampler or timestep_spacing"
        case .eta(let sampler, let value):
            "eta is \(value) with the sampler \(sampler); ddim takes one from 0 to 1, the others none"
        case .unsupported(let sampler, let key, let value, let allowed):
            "\(sampler): \(key) is \(value) in scheduler_config.json; supported: \(allowed.joined(separator: ", "))"
        }
    }
}
