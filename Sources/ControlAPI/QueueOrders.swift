/// Which jobs are meant.
public struct JobSelection: Codable, Sendable, Equatable {
    /// By their short names, or unambiguous beginnings of them.
    public var ids: [String]
    /// All of that subject.
    public var subject: String?
    /// All that the command can apply to.
    public var all: Bool

    /// Those named.
    public init(ids: [String] = [], subject: String? = nil, all: Bool = false) {
        self.ids = ids
        self.subject = subject
        self.all = all
    }
}

/// Which jobs to list.
public struct JobQuery: Codable, Sendable, Equatable {
    /// Of that subject only.
    public var subject: String?
    /// In these states only; in any where it is empty.
    public var states: [JobStatus.State]
    /// The most to list: first those that run, then those that wait by their turn, then those that ended last.
    public var limit: Int

    /// Those named.
    public init(subject: String? = nil, states: [JobStatus.State] = [], limit: Int = 50) {
        self.subject = subject
        self.states = states
        self.limit = limit
    }
}

/// A picture that is asked for with `jedictl generate` or `jedictl reproduce`.
public struct PictureOrder: Codable, Sendable, Equatable {
    /// The subject's name.
    public var subject: String
    /// What the picture shows.
    public var prompt: String
    /// What it says besides that.
    public var options: PromptOptions
    /// The references by the beginnings of their contents' hashes, where those are known; else by ``options``.
    public var referenceHashes: [String]?
    /// The photo to start from by the beginning of its content's hash, where that is known; else by ``options``.
    public var startHash: String?
    /// The same of the mask.
    public var maskHash: String?
    /// The beginning of the model's hash, where the picture is to be made by no other.
    public var modelHash: String?

    /// All of it.
    public init(
        subject: String, prompt: String, options: PromptOptions = PromptOptions(),
        referenceHashes: [String]? = nil, startHash: String? = nil, maskHash: String? = nil,
        modelHash: String? = nil
    ) {
        self.subject = subject
        self.prompt = prompt
        self.options = options
        self.referenceHashes = referenceHashes
        self.startHash = startHash
        self.maskHash = maskHash
        self.modelHash = modelHash
    }
}
