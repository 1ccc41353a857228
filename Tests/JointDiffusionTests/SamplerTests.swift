import Foundation
import JointDiffusion
import Tensors
import Testing

@Suite struct SamplerTests {
    static func configuration(_ json: String) throws -> SchedulerConfiguration {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).json")
        try Data(json.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        return try SchedulerConfiguration(file: file)
    }

    @Test(arguments: [
        (
            #"{"beta_schedule": "sigmoid"}"#,
            "beta_schedule is sigmoid; supported: linear, scaled_linear, squaredcos_cap_v2"
        ),
        (
            #"{"prediction_type": "flow_prediction"}"#,
            "prediction_type is flow_prediction; supported: epsilon"
        ),
        (
            #"{"timestep_spacing": "karras"}"#,
            "timestep_spacing is karras; supported: leading, trailing, linspace"
        ),
        (
            #"{"_class_name": "FlowMatchEulerDiscreteScheduler"}"#,
            "_class_name is FlowMatchEulerDiscreteScheduler"
        ),
        (#"{"thresholding": true}"#, "thresholding is true; supported: null, false"),
        (#"{"trained_betas": [0.1, 0.2]}"#, "trained_betas is [0.1, 0.2]"),
        (#"{"use_beta_sigmas": true}"#, "use_beta_sigmas is true"),
        (#"{"interpolation_type": "log_linear"}"#, "interpolation_type is log_linear; supported: linear"),
        (#"{"timestep_type": "continuous"}"#, "timestep_type is continuous; supported: discrete"),
        (#"{"predict_x0": false}"#, "predict_x0 is false"),
        (#"{"variance_type": "learned_range"}"#, "variance_type is learned_range"),
        (#"{"num_train_timesteps": 0}"#, "num_train_timesteps is 0; supported: whole numbers from 2"),
        (#"{"num_train_timesteps": "many"}"#, "num_train_timesteps is many"),
        (#"{"beta_end": 2}"#, "beta_end is 2; supported: numbers above 0.0 and below 1.0"),
        (#"{"clip_sample": 1.5}"#, "clip_sample is 1.5; supported: true, false"),
        (#"{"solver_order": 9}"#, "solver_order is 9; supported: whole numbers from 1 to 4"),
        (#"{"solver_type": "rk4"}"#, "solver_type is rk4; supported: midpoint, heun"),
        (#"{"noise_offset": 0.1}"#, "unknown key noise_offset (0.1)"),
        ("[1]", "not a JSON object"),
        ("", "not a JSON object"),
    ])
    func unknownValuesAreRefusedByName(json: String, message: String) throws {
        let error = try #require(throws: SchedulerConfigurationError.self) { try Self.configuration(json) }
        #expect(error.description.contains(message), "\(error)")
        #expect(error.description.contains(".json: "), "\(error)")
    }

    @Test func missingFileIsNamed() throws {
        let file = URL(fileURLWithPath: "/nonexistent/scheduler_config.json")
        let error = try #require(throws: SchedulerConfigurationError.self) {
            try SchedulerConfiguration(file: file)
        }
        #expect(error.description.contains("/nonexistent/scheduler_config.json: cannot be read"))
    }

    @Test func harmlessKeysOfOtherClassesAreAccepted() throws {
        let configuration = try Self.configuration(
            #"""
            {"_class_name": "DPMSolverMultistepScheduler", "_diffusers_version": "0.15.0", "lambda_min_clipped": -Infinity,
             "algorithm_type": "dpmsolver++", "variance_type": null, "skip_prk_steps": true, "trained_betas": null,
             "sample_max_value": 1.0, "never_heard_of": null, "neither_of_this": false, "use_karras_sigmas": true,
             "timestep_spacing": "trailing", "_use_default_values": ["timestep_spacing"]}
            """#)
        #expect(configuration.minimumLogSNR == -.infinity)
        #expect(configuration.usesKarrasNoiseLevels)
        #expect(configuration.timestepSpacing == nil)
    }

    @Test func samplersAreNamed() throws {
        #expect(
            SamplerKind.allCases.map(\.rawValue) == [
                "ddim", "dpmpp_2m", "dpmpp_2m_karras", "dpmpp_2m_sde", "euler", "euler_a", "lcm", "unipc",
            ])
        let error = try #require(throws: SamplerError.self) { try SamplerKind(name: "plms") }
        #expect(
            error.description
                == "unknown sampler \"plms\"; choose one of ddim, dpmpp_2m, dpmpp_2m_karras, dpmpp_2m_sde, "
                + "euler, euler_a, lcm, unipc")
    }

    @Test(arguments: SamplerKind.allCases) func stepCountsAreBounded(kind: SamplerKind) {
        for steps in [0, -1, 1001] {
            #expect(throws: SamplerError.stepsOutOfRange(steps: steps, allowed: 1...1000)) {
                try kind.sampler(for: SchedulerConfiguration(), steps: steps)
            }
        }
    }

    @Test func etaIsForDDIM() throws {
        for kind in SamplerKind.allCases {
            for eta in kind == .ddim ? [-0.1, 1.1, .nan] : [0.5, -0.5] {
                #expect {
                    try kind.sampler(for: SchedulerConfiguration(), steps: 5, eta: eta)
                } throws: {
                    guard case .eta(kind.rawValue, _)? = $0 as? SamplerError else { return false }
                    return "\($0)".contains("\(eta)")
                }
            }
            _ = try kind.sampler(for: SchedulerConfiguration(), steps: 5, eta: 0)
        }
    }

    /// A consistency model knows the timesteps that it was distilled at.
    @Test func lcmHasNoMoreStepsThanWereDistilled() throws {
        var configuration = SchedulerConfiguration()
        let four = try SamplerKind.lcm.sampler(for: configuration, steps: 4)
        #expect(four.timesteps == [999, 759, 499, 259])
        #expect(throws: SamplerError.stepsOutOfRange(steps: 51, allowed: 1...50)) {
            try SamplerKind.lcm.sampler(for: configuration, steps: 51)
        }
        configuration.distilledSteps = 4
        #expect(try SamplerKind.lcm.sampler(for: configuration, steps: 4).timesteps == [999, 749, 499, 249])
    }

    /// What is kept of the noise and what is added make up the noise of the next level.
    @Test(arguments: [SamplerKind.ddim, .dpmpp2MSDE, .eulerAncestral])
    func noiseStaysWhatTheScheduleSays(kind: SamplerKind) throws {
        let backend = CPUBackend(.init(threads: 1))
        let configuration = SchedulerConfiguration()
        var sampler = try kind.sampler(for: configuration, steps: 9, eta: kind == .ddim ? 1 : 0)
        // Pure noise, rightly predicted, of a clean latent of zero.
        let one = Tensor([1], shape: [1, 1, 1, 1], on: backend)
        let zero = Tensor([0], shape: [1, 1, 1, 1], on: backend)
        for step in 0..<(sampler.count - 1) {
            let x = sampler.noised(zero, one, at: step)
            sampler.history = sampler.history.map { _ in zero }
            let kept = Double(sampler.step(one, at: step, x).elements[0])
            let next = Double(sampler.noised(zero, one, at: step + 1).elements[0])
            let added = sampler.addedNoise(at: step)
            #expect(added > 0)
            // ddim ends a step at the schedule's stride, which is where the next one starts here.
            #expect(abs((kept * kept + added * added).squareRoot() / next - 1) < 1e-3, "step \(step)")
        }
        #expect(sampler.addedNoise(at: sampler.count - 1) < 0.05)
    }

    @Test func offsetsBeyondTheTrainingAreRefused() {
        var configuration = SchedulerConfiguration()
        configuration.stepsOffset = 1
        configuration.timestepSpacing = .leading
        #expect(throws: SamplerError.timestepOutOfRange(timestep: 1000, trainingSteps: 1000)) {
            try SamplerKind.ddim.sampler(for: configuration, steps: 1000)
        }
        #expect(throws: SamplerError.self) { try SamplerKind.unipc.sampler(for: configuration, steps: 1000) }
    }

    @Test func unipcNeedsOrderOneAtTheEnd() {
        var configuration = SchedulerConfiguration()
        configuration.lowersOrderAtEnd = false
        #expect(
            throws: SamplerError.unsupported(
                sampler: "unipc", key: "lower_order_final", value: "false", allowed: ["true"])
        ) { try SamplerKind.unipc.sampler(for: configuration, steps: 5) }
    }

    /// Trailing spacing: as many timesteps as steps, from the last one of the training, for every count.
    @Test(arguments: SamplerKind.allCases) func trailingTimestepsAreAsManyAsAsked(kind: SamplerKind) throws {
        var configuration = SchedulerConfiguration()
        configuration.timestepSpacing = .trailing
        guard kind != .dpmpp2MKarras, kind != .lcm else { return }
        for steps in 1...1000 {
            let timesteps = try kind.sampler(for: configuration, steps: steps).timesteps
            #expect(timesteps.count == steps)
            #expect(timesteps.first == 999 && timesteps.allSatisfy { $0 >= 0 })
        }
    }

    /// A run cut in two, its state carried over as plain numbers, ends where the whole one does.
    @Test(arguments: SamplerKind.allCases, 1...5) func runsCanBeResumed(kind: SamplerKind, cut: Int) throws {
        let backend = CPUBackend(.init(threads: 1))
        let configuration = SchedulerConfiguration()
        func walk(_ sampler: inout any Sampler, _ x: Tensor, _ steps: Range<Int>) -> Tensor {
            steps.reduce(x) { x, step in
                let output = sampler.scaledInput(x, at: step).elements.map { tanh($0) }
                return sampler.step(Tensor(output, shape: x.shape, on: backend), at: step, x)
            }
        }
        var whole = try kind.sampler(for: configuration, steps: 6)
        let start = Tensor([0.7, -1.5, 0.2, 0.9], shape: [2, 2], on: backend)
        let expected = walk(&whole, start, 0..<6).elements

        var first = try kind.sampler(for: configuration, steps: 6)
        let middle = walk(&first, start, 0..<cut).elements
        var second = try kind.sampler(for: configuration, steps: 6)
        second.history = first.history.map { Tensor($0.elements, shape: $0.shape, on: backend) }
        #expect(walk(&second, Tensor(middle, shape: [2, 2], on: backend), cut..<6).elements == expected)
    }
}
