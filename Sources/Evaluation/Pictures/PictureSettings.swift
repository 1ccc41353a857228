import JointDiffusion

/// How the pictures of an evaluation are made; what is nil is the model's own.
public struct PictureSettings: Sendable, Equatable {
    /// How many of a subject's photos the model is shown, the first by name; all where there are fewer.
    public var references: Int
    /// Pictures of each prompt.
    public var samples: Int
    public var seed: UInt64
    public var mode: ReferenceMode?
    public var sampler: SamplerKind?
    public var steps: Int?
    public var guidance, imageGuidance: Double?

    public init(
        references: Int = 3, samples: Int = 1, seed: UInt64 = 0, mode: ReferenceMode? = nil,
        sampler: SamplerKind? = nil, steps: Int? = nil, guidance: Double? = nil, imageGuidance: Double? = nil
    ) {
        self.references = references
        self.samples = samples
        self.seed = seed
        self.mode = mode
        self.sampler = sampler
        self.steps = steps
        self.guidance = guidance
        self.imageGuidance = imageGuidance
    }

    /// The request for a picture: its seed depends on its place alone, so that models see the same noise and more
    /// samples change nothing of those there are.
    /// - Parameters:
    ///   - number: the prompt's place in the list, from 1.
    ///   - sample: from 1.
    ///   - references: how many there are.
    func request(
        _ prompt: String, number: Int, sample: Int, references: Int, for model: DiffusionModel
    ) -> GenerationRequest {
        let place = UInt64(1000 * (number - 1) + sample - 1)
        var request = GenerationRequest(prompt: prompt, model: model, seeds: [seed &+ place])
        if let mode { request.mode = mode }
        if let sampler { request.sampler = sampler }
        if let steps { request.steps = steps }
        request.guide(prompt: guidance, references: imageGuidance)
        if references == 0 && request.mode != .joint { request.mode = .none }
        return request
    }
}
