import Foundation

/// A checkpoint's `scheduler/scheduler_config.json`, whichever scheduler class wrote it.
///
/// Every sampler reads the keys it knows and falls back to its own defaults, as `from_config` does across
/// diffusers' scheduler classes. Values that no sampler here implements are refused by name.
public struct SchedulerConfiguration: Sendable, Equatable {
    /// Where the last noise level of a schedule lies.
    public enum FinalNoiseLevel: String, Sendable, CaseIterable {
        case zero
        /// That of the first training timestep.
        case minimum = "sigma_min"
    }

    /// `num_train_timesteps`
    public var trainingSteps = 1000
    public var betaStart = 0.0001
    public var betaEnd = 0.02
    public var betaSchedule = BetaSchedule.linear
    public var rescalesToZeroTerminalSNR = false
    public var predictionType = PredictionType.epsilon
    /// nil: the sampler's own default.
    public var timestepSpacing: TimestepSpacing?
    /// Added to timesteps of leading spacing.
    public var stepsOffset = 0
    /// Whether ddim's last step goes to no noise at all, or to that of timestep 0.
    public var setsAlphaToOne = true
    /// Bound of ddim's clean latent; nil: none. diffusers' default is on, which only says that the key was left out.
    public var clipRange: Double? = 1
    /// Noise levels as of Karras et al. (arXiv 2206.00364, eq. 5); ddim has none.
    public var usesKarrasNoiseLevels = false
    public var finalNoiseLevel = FinalNoiseLevel.zero
    /// Bounds of Karras' noise levels; nil: the schedule's.
    public var minimumNoiseLevel: Double?
    public var maximumNoiseLevel: Double?
    /// Whether multistep samplers fall to lower order at the end (dpmpp: below 15 steps).
    public var lowersOrderAtEnd = true
    public var usesEulerAtEnd = false
    /// Order of unipc; dpmpp_2m is of order 2 by name.
    public var solverOrder = 2
    /// `midpoint`, `heun`, `logrho`, `bh1`, `bh2`; nil, or one that belongs to another class: the sampler's default.
    public var solverType: String?
    /// Steps after which unipc does not correct.
    public var stepsWithoutCorrector: Set<Int> = []
    /// Lower bound of `log(α / σ)` where dpmpp_2m starts.
    public var minimumLogSNR = -Double.infinity
    /// How many timesteps a latent consistency model was distilled at (`original_inference_steps`).
    public var distilledSteps = 50
    /// By what lcm's boundary condition multiplies timesteps.
    public var timestepScaling = 10.0

    public init() {}

    /// Reads the file; Python's `-Infinity` is understood.
    public init(file: URL) throws(SchedulerConfigurationError) {
        let data: Data
        do { data = try Data(contentsOf: file) } catch {
            throw .unreadable(file: file.path, reason: error.localizedDescription)
        }
        let decoder = JSONDecoder()
        decoder.allowsJSON5 = true
        let object: [String: SchedulerConfigurationReader.Value]
        do {
            object = try decoder.decode([String: SchedulerConfigurationReader.Value].self, from: data)
        } catch {
            throw .malformed(file: file.path, reason: "not a JSON object")
        }
        try self.init(SchedulerConfigurationReader(file: file.path, object: object))
    }

    private init(_ reader: SchedulerConfigurationReader) throws(SchedulerConfigurationError) {
        var reader = reader
        try reader.option("_class_name", of: Self.classNames)

        // 1. the noise schedule
        try reader.integer("num_train_timesteps", 2...100_000) { trainingSteps = $0 }
        try reader.number("beta_start", above: 0, below: 1) { betaStart = $0 }
        try reader.number("beta_end", above: 0, below: 1) { betaEnd = $0 }
        try reader.choice("beta_schedule", of: BetaSchedule.self) { betaSchedule = $0 }
        try reader.flag("rescale_betas_zero_snr") { rescalesToZeroTerminalSNR = $0 }
        try reader.choice("prediction_type", of: PredictionType.self) { predictionType = $0 }

        // 2. the timesteps and noise levels visited
        try reader.choice("timestep_spacing", of: TimestepSpacing.self) { timestepSpacing = $0 }
        try reader.integer("steps_offset", 0...trainingSteps - 1) { stepsOffset = $0 }
        try reader.flag("use_karras_sigmas") { usesKarrasNoiseLevels = $0 }
        try reader.choice("final_sigmas_type", of: FinalNoiseLevel.self) { finalNoiseLevel = $0 }
        try reader.number("sigma_min", above: 0, below: .infinity) { minimumNoiseLevel = $0 }
        try reader.number("sigma_max", above: 0, below: .infinity) { maximumNoiseLevel = $0 }

        // 3. ddim
        try reader.flag("set_alpha_to_one") { setsAlphaToOne = $0 }
        try reader.number("clip_sample_range", above: 0, below: .infinity) { clipRange = $0 }
        try reader.flag("clip_sample", nullIsOff: true) { if !$0 { clipRange = nil } }

        // 4. multistep solvers
        try reader.flag("lower_order_final") { lowersOrderAtEnd = $0 }
        try reader.flag("euler_at_final") { usesEulerAtEnd = $0 }
        try reader.integer("solver_order", 1...4) { solverOrder = $0 }
        solverType = try reader.option("solver_type", of: ["midpoint", "heun", "logrho", "bh1", "bh2"])
        try reader.integers("disable_corrector") { stepsWithoutCorrector = Set($0) }
        try reader.number("lambda_min_clipped", above: -.infinity, below: .infinity) { minimumLogSNR = $0 }

        // 5. lcm
        try reader.integer("original_inference_steps", 1...trainingSteps) { distilledSteps = $0 }
        try reader.number("timestep_scaling", above: 0, below: .infinity) { timestepScaling = $0 }

        // 6. what nobody here does
        for key in Self.mustBeOff { try reader.mustBeOff(key) }
        try reader.mustBe("interpolation_type", ["linear"])
        try reader.mustBe("timestep_type", ["discrete"])
        try reader.mustBe("predict_x0", ["true"])
        try reader.mustBe(
            "variance_type", ["fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log"])

        // 7. keys of other classes that change nothing here
        for key in Self.ignored { reader.ignore(key) }
        try reader.finish()
    }

    /// Schedulers of diffusers whose configuration describes this kind of noise schedule.
    private static let classNames = [
        "DDIMScheduler", "DDIMInverseScheduler", "DDPMScheduler", "DEISMultistepScheduler",
        "DPMSolverMultistepInverseScheduler", "DPMSolverMultistepScheduler", "DPMSolverSDEScheduler",
        "DPMSolverSinglestepScheduler", "EulerAncestralDiscreteScheduler", "EulerDiscreteScheduler",
        "HeunDiscreteScheduler", "KDPM2AncestralDiscreteScheduler", "KDPM2DiscreteScheduler", "LCMScheduler",
        "LMSDiscreteScheduler", "PNDMScheduler", "TCDScheduler", "UniPCMultistepScheduler",
    ]

    private static let mustBeOff = [
        "thresholding", "trained_betas", "use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas",
        "use_flow_sigmas", "use_dynamic_shifting", "shift_terminal", "solver_p",
    ]

    /// Settings of samplers that are chosen by name here (`algorithm_type`), of switched-off features, or of
    /// distilled models' own samplers.
    private static let ignored = [
        "algorithm_type", "dynamic_thresholding_ratio", "sample_max_value", "flow_shift", "time_shift_type",
        "skip_prk_steps", "skip_type", "noise_sampler_seed",
        "predict_epsilon", "base_image_seq_len", "base_shift", "max_image_seq_len", "max_shift",
        "invert_sigmas",
    ]
}
