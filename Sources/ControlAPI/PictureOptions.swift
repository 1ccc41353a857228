/// What a prompt can say about a picture besides its words. Nil leaves it to the engine.
public struct PictureOptions: Codable, Sendable, Hashable {
    /// What the picture does not show.
    public var negativePrompt: String?
    /// Denoising steps.
    public var steps: Int?
    /// The sampler's name.
    public var sampler: String?
    /// Guidance towards the prompt.
    public var guidance: Double?
    /// Guidance towards the references.
    public var imageGuidance: Double?
    /// Pixels.
    public var width: Int?
    /// Pixels.
    public var height: Int?
    /// How references are used: `none`, `joint`, `cached` or `matched`.
    public var mode: String?
    /// The share of the references' tokens that is attended to.
    public var referenceTokens: Double?
    /// Whether brackets make words count more or less.
    public var weights: Bool?
    /// Which of the text encoder's layers is read, counted from the last, which is 1.
    public var clipSkip: Int?
    /// How much noise `ddim` adds on its way.
    public var eta: Double?
    /// The network's levels below the finest run in each so manieth step.
    public var deepEvery: Int?
    /// Noise levels within which guidance works.
    public var guidanceInterval: ClosedRange<Double>?
    /// How far from the photo that it is started from the picture may go, above 0 and up to 1.
    public var strength: Double?

    /// Nothing but what is named.
    public init(
        negativePrompt: String? = nil, steps: Int? = nil, sampler: String? = nil, guidance: Double? = nil,
        imageGuidance: Double? = nil, width: Int? = nil, height: Int? = nil, mode: String? = nil,
        referenceTokens: Double? = nil, weights: Bool? = nil, clipSkip: Int? = nil, eta: Double? = nil,
        deepEvery: Int? = nil, guidanceInterval: ClosedRange<Double>? = nil, strength: Double? = nil
    ) {
        self.negativePrompt = negativePrompt
        self.steps = steps
        self.sampler = sampler
        self.guidance = guidance
        self.imageGuidance = imageGuidance
        self.width = width
        self.height = height
        self.mode = mode
        self.referenceTokens = referenceTokens
        self.weights = weights
        self.clipSkip = clipSkip
        self.eta = eta
        self.deepEvery = deepEvery
        self.guidanceInterval = guidanceInterval
        self.strength = strength
    }
}

/// What one line of a prompt file, or an order of `jedictl generate`, can say besides its words.
public struct PromptOptions: Codable, Sendable, Hashable {
    /// What the engine is told.
    public var picture: PictureOptions
    /// How many pictures; one where it says nothing.
    public var count: Int?
    /// The seed of the first picture; made from the job's key where it says nothing.
    public var seed: UInt32?
    /// The names of the photos to use; the subject's first ones where it says nothing.
    public var photos: [String]?
    /// The name of the photo to start from; nothing but noise where it says nothing.
    public var start: String?
    /// The name of the mask of the part of that photo that is made anew; all of it where it says nothing.
    public var mask: String?
    /// Among all that waits the highest is next; 0 where it says nothing.
    public var priority: Int?

    /// Nothing but what is named.
    public init(
        picture: PictureOptions = PictureOptions(), count: Int? = nil, seed: UInt32? = nil,
        photos: [String]? = nil, start: String? = nil, mask: String? = nil, priority: Int? = nil
    ) {
        self.picture = picture
        self.count = count
        self.seed = seed
        self.photos = photos
        self.start = start
        self.mask = mask
        self.priority = priority
    }
}
