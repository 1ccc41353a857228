/// What is to be made: plain values, so that requests can be kept, compared and sent.
public struct GenerationRequest: Sendable, Equatable, Codable {
    public var prompt: String
    /// Where the pictures of the set do not show the same: a prompt for each of them, as many as there are seeds; nil:
    /// `prompt` for all.
    public var prompts: [String]?
    public var negativePrompt: String
    public var mode: ReferenceMode
    public var sampler: SamplerKind
    public var steps: Int
    /// How much noise `ddim` adds on its way, from 0 to 1; nil: none.
    public var eta: Double?
    /// Whether `(word:1.2)`, `(word)` and `[word]` in the prompts make words count more or less; nil: they are text, as
    /// any other.
    public var hasWeights: Bool?
    /// With a picture to start from: how much of the walk is done, above 0 and up to 1, which leaves little or nothing
    /// of it; nil: 1.
    public var strength: Double?
    /// Which of the text encoder's layers gives the captions, counted from the last, which is 1; nil: the last.
    public var clipSkip: Int?
    /// Weight of the prompt's branch; 1 with no `imageGuidance` means no guidance.
    public var guidance: Double
    /// Weight of the references' branch; nil for two branches.
    public var imageGuidance: Double?
    /// In modes `cached` and `matched`: the share of the references' tokens that is attended to, above 0 and up to 1,
    /// those that count most; nil: all.
    public var referenceTokens: Double?
    /// The levels below the finest run in each so manieth step; those between take what they gave. Nil: in all.
    public var deepEvery: Int?
    /// Noise levels σ/α within which guidance works; elsewhere the prompt's branch stands alone. Nil: everywhere.
    public var guidanceInterval: ClosedRange<Double>?
    /// Pixels, multiples of the VAE's downscale.
    public var width: Int
    public var height: Int
    /// One for each picture of the set.
    public var seeds: [UInt64]

    /// A request with the model's own defaults.
    public init(prompt: String, model: DiffusionModel, seeds: [UInt64] = [0]) {
        self.prompt = prompt
        negativePrompt = ""
        mode = model.defaults.mode
        sampler = model.defaults.sampler
        steps = model.defaults.steps
        guidance = model.defaults.guidance
        imageGuidance = model.defaults.imageGuidance
        width = model.width
        height = model.height
        self.seeds = seeds
    }

    /// The sampler that is asked for.
    func makeSampler(for model: DiffusionModel) throws(SamplerError) -> any Sampler {
        try sampler.sampler(for: model.scheduler, steps: steps, eta: eta ?? 0)
    }

    /// Takes the guidance that a person asked for, if any. The model's own image guidance belongs to the model's own
    /// guidance: a `guidance` given alone means two branches.
    public mutating func guide(prompt: Double?, references: Double?) {
        if let prompt {
            guidance = prompt
            imageGuidance = nil
        }
        if let references { imageGuidance = references }
    }
}

extension SamplerKind: Codable {}

/// How far a generation is.
public struct GenerationProgress: Sendable, Equatable {
    /// Denoising steps done, of `total`.
    public var step: Int
    public var total: Int
}

/// Why a request cannot be met.
public enum GenerationError: Error, Sendable, Equatable, CustomStringConvertible {
    case size(width: Int, height: Int, multiple: Int)
    case noise(expected: String, actual: String)
    case noPictures
    case prompts(Int, pictures: Int)
    case strength(Double)
    case start(expected: String, actual: String)
    case clipSkip(Int, layers: Int)
    case referenceTokens(Double)
    case referenceTokensInJointMode
    case deepEvery(Int)
    case notFinite(what: String)
    case foreignState
    case damagedWeight(file: String, tensor: String)

    public var description: String {
        switch self {
        case .size(let width, let height, let multiple):
            "A size of \(width)x\(height) is not possible with this model: width and height must be multiples "
                + "of \(multiple), from \(multiple) to 4096."
        case .noise(let expected, let actual):
            "The noise has \(actual), this request needs \(expected)."
        case .clipSkip(let number, let layers):
            "A clip skip of \(number) is not possible with this model: its text encoder has \(layers) layers, so it "
                + "can be from 1 (none is skipped) to \(layers)."
        case .referenceTokens(let share):
            "A share of \(share) of the references' tokens is not possible; it must be above 0 and at most 1."
        case .referenceTokensInJointMode:
            "In mode joint all tokens of the references take part; choose mode cached or matched to leave some out."
        case .deepEvery(let count):
            "All levels of the network in every \(count)th step is not possible; it must be from 1, in all of them, to 100."
        case .strength(let strength):
            "A strength of \(strength) is not possible; it must be above 0 and at most 1."
        case .start(let expected, let actual):
            "The picture to start from has \(actual), this request needs \(expected)."
        case .noPictures:
            "The request is for no picture."
        case .prompts(let count, let pictures):
            "The request has \(count) prompts for \(pictures) pictures; it must have one for each, or one for all."
        case .notFinite(let what):
            "The model's numbers overflowed: \(what) is not finite. Lower the guidance, or check that the "
                + "checkpoint is whole."
        case .foreignState:
            "The state to go on from is not one of this request."
        case .damagedWeight(let file, let tensor):
            "\(file): tensor '\(tensor)' holds numbers that are not finite. Copy or download the file again."
        }
    }
}
