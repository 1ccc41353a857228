/// One picture to make.
public struct PictureRequest: Codable, Sendable, Equatable {
    /// A reference's file name and the SHA-256 of its bytes, for the picture's own record of how it was made.
    public struct Reference: Codable, Sendable, Equatable, Hashable {
        /// The file's name within the subject's folder.
        public var name: String
        /// In hexadecimal.
        public var contentHash: String

        /// Both.
        public init(name: String, contentHash: String) {
            self.name = name
            self.contentHash = contentHash
        }
    }

    /// The subject's name.
    public var subject: String
    /// The job's short name.
    public var jobID: String
    /// What the picture shows.
    public var prompt: String
    /// The seed of its noise.
    public var seed: UInt32
    /// What the prompt says beyond that; the engine's defaults hold where it says nothing.
    public var options: PictureOptions
    /// The references, in the order in which their encoded forms are given.
    public var references: [Reference]

    /// All of it.
    public init(
        subject: String, jobID: String, prompt: String, seed: UInt32, options: PictureOptions,
        references: [Reference]
    ) {
        self.subject = subject
        self.jobID = jobID
        self.prompt = prompt
        self.seed = seed
        self.options = options
        self.references = references
    }
}

/// What a prompt can say about a picture besides its words. Nil leaves it to the engine.
public struct PictureOptions: Codable, Sendable, Equatable {
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

    /// Nothing but what is named.
    public init(
        negativePrompt: String? = nil, steps: Int? = nil, sampler: String? = nil, guidance: Double? = nil,
        imageGuidance: Double? = nil, width: Int? = nil, height: Int? = nil, mode: String? = nil
    ) {
        self.negativePrompt = negativePrompt
        self.steps = steps
        self.sampler = sampler
        self.guidance = guidance
        self.imageGuidance = imageGuidance
        self.width = width
        self.height = height
        self.mode = mode
    }
}

/// How far a picture is.
public struct StepProgress: Codable, Sendable, Equatable {
    /// Steps done.
    public var step: Int
    /// Steps in all.
    public var total: Int

    /// Both.
    public init(step: Int, total: Int) {
        self.step = step
        self.total = total
    }
}

/// A picture, made.
public struct Picture: Codable, Sendable, Equatable {
    /// The PNG file, with its text chunks.
    public var png: [UInt8]

    /// A picture of these bytes.
    public init(png: [UInt8]) {
        self.png = png
    }
}
