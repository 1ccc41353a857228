import FoundationEssentials

/// One job: one picture.
public struct JobStatus: Codable, Sendable, Equatable {
    /// Where a job stands.
    public enum State: String, Codable, Sendable {
        /// It waits for its turn.
        case queued
        /// It is under way.
        case running
        /// Its picture is made.
        case done
        /// It could not be done; the reason says why.
        case failed
        /// It is set aside until a person looks at it; the reason says why.
        case held
        /// A person took it back.
        case cancelled
    }

    /// The job's short name, as in its picture's file name.
    public var id: String
    /// The subject's name.
    public var subject: String
    /// The prompt.
    public var prompt: String
    /// The seed.
    public var seed: UInt32
    /// Where it stands.
    public var state: State
    /// Why, where that needs saying.
    public var reason: String?
    /// Its place among those that wait, from 1.
    public var position: Int?
    /// How often it was begun.
    public var attempts: Int
    /// The picture's path, once it is made.
    public var output: String?
    /// When it ended.
    public var finishedAt: Date?
    /// How long its last attempt took, in seconds.
    public var seconds: Double?
    /// Among all that waits the highest is next; nil stands for 0.
    public var priority: Int?
    /// The prompt file that asks for it, by name; nil for an order of `jedictl`.
    public var source: String?
    /// How long until it is begun, for one that waits, by measured times; nil where not all that is ahead of it
    /// was measured.
    public var secondsUntilStart: Double?
    /// How long until its picture is finished, the wait included; nil where that cannot be told.
    public var secondsLeft: Double?

    /// All of it.
    public init(
        id: String, subject: String, prompt: String, seed: UInt32, state: State, reason: String? = nil,
        position: Int? = nil, attempts: Int = 0, output: String? = nil, finishedAt: Date? = nil,
        seconds: Double? = nil, priority: Int? = nil, source: String? = nil,
        secondsUntilStart: Double? = nil,
        secondsLeft: Double? = nil
    ) {
        self.id = id
        self.subject = subject
        self.prompt = prompt
        self.seed = seed
        self.state = state
        self.reason = reason
        self.position = position
        self.attempts = attempts
        self.output = output
        self.finishedAt = finishedAt
        self.seconds = seconds
        self.priority = priority
        self.source = source
        self.secondsUntilStart = secondsUntilStart
        self.secondsLeft = secondsLeft
    }
}

/// The job under way and how far it is.
public struct RunningJobStatus: Codable, Sendable, Equatable {
    /// What is being done for it.
    public enum Phase: String, Codable, Sendable {
        /// Its references are encoded or read from the cache.
        case encoding
        /// The picture is being made, step by step.
        case denoising
        /// The steps are done and the picture is brought into its final form.
        case decoding
        /// The picture is being written.
        case writing
    }

    /// The job.
    public var job: JobStatus
    /// What is being done for it.
    public var phase: Phase
    /// Steps done.
    public var step: Int
    /// Steps in all; 0 before the first is known.
    public var steps: Int
    /// Steps done, of a hundred.
    public var percent: Int
    /// When this attempt began.
    public var startedAt: Date
    /// Measured on this job, or on the last one of its kind.
    public var secondsPerStep: Double?
    /// How long it will take from here, by the measured steps; nil while nothing was measured.
    public var secondsLeft: Double?

    /// All of it.
    public init(
        job: JobStatus, phase: Phase, step: Int, steps: Int, percent: Int, startedAt: Date,
        secondsPerStep: Double?, secondsLeft: Double?
    ) {
        self.job = job
        self.phase = phase
        self.step = step
        self.steps = steps
        self.percent = percent
        self.startedAt = startedAt
        self.secondsPerStep = secondsPerStep
        self.secondsLeft = secondsLeft
    }
}
