import ControlAPI

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
    /// What the picture is started from; nil: from noise alone.
    public var start: StartFiles?

    /// All of it.
    public init(
        subject: String, jobID: String, prompt: String, seed: UInt32, options: PictureOptions,
        references: [Reference], start: StartFiles? = nil
    ) {
        self.subject = subject
        self.jobID = jobID
        self.prompt = prompt
        self.seed = seed
        self.options = options
        self.references = references
        self.start = start
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

/// What an engine tells while it makes a picture.
public enum PictureEvent: Codable, Sendable, Equatable {
    /// A step is done.
    case step(StepProgress)
    /// From here the picture can be gone on with, in another process and to the same bytes.
    case checkpoint(StepCheckpoint)
    /// How the picture looks so far.
    case preview(PicturePreview)
}

/// All that is needed to go on with a picture after a step.
public struct StepCheckpoint: Codable, Sendable, Equatable {
    /// How far it is.
    public var progress: StepProgress
    /// The engine's own state, in a form that it knows and verifies.
    public var state: [UInt8]

    /// Both.
    public init(progress: StepProgress, state: [UInt8]) {
        self.progress = progress
        self.state = state
    }
}

/// A small, rough picture of what is being made.
public struct PicturePreview: Codable, Sendable, Equatable {
    /// How far it is.
    public var progress: StepProgress
    /// A PNG file.
    public var png: [UInt8]

    /// Both.
    public init(progress: StepProgress, png: [UInt8]) {
        self.progress = progress
        self.png = png
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
