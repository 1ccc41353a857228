import JointDiffusion

/// What the daemon needs of whatever makes the pictures.
///
/// Requests and answers are plain values, so that the engine can live in this process or behind a pipe.
/// Calls come one at a time. An implementation does its work off the cooperative thread pool.
public protocol PictureEngine: Sendable {
    /// The model that is in use, ready for what is asked next: asked before a job is begun, so that an engine that
    /// cannot start costs no job an attempt. The first call, and the first after ``unload()``, loads it.
    func describe() async throws -> EngineDescription

    /// Reads a photo, verifies that it is the one that was asked for, and encodes it.
    ///
    /// - Throws: ``PhotoRejection`` where the photo is to blame.
    func encodeReference(_ request: ReferenceRequest) async throws -> EncodedReference

    /// Makes one picture, with the references in the order of the request.
    ///
    /// Cancelling the task ends it at the next step with `CancellationError`, after a checkpoint of that step.
    ///
    /// - Parameters:
    ///   - checkpoint: where an earlier attempt at the same request got to; one that does not fit, or is damaged,
    ///     is left aside and the picture begins at its first step.
    ///   - event: called from any thread; returns at once.
    /// - Throws: ``EngineInterruption`` where the engine itself ended in the middle, ``EngineFailure`` where the
    ///   request cannot be met.
    func generate(
        _ request: PictureRequest, references: [EncodedReference], resumingFrom checkpoint: StepCheckpoint?,
        event: @escaping @Sendable (PictureEvent) -> Void
    ) async throws -> Picture

    /// Gives back the memory that the model takes. The next call loads it again.
    func unload() async

    /// Bytes that have to be available for this picture, beyond those that the engine holds already; nil where it
    /// does not know.
    func memoryNeeded(for request: PictureRequest, references: Int) async -> Int64?

    /// Where it stands, if it does not live in this process. Answers at once.
    var condition: EngineCondition? { get }

    /// Bytes of memory that it holds, if it does not live in this process. Answers at once.
    var residentBytes: Int64? { get }

    /// Grows as long as it computes, whatever it computes.
    var pulse: UInt64 { get }

    /// From now on these rules hold, asked for anew each time.
    func follow(_ rules: @escaping @Sendable () -> EngineRules) async
}

extension PictureEngine {
    public func memoryNeeded(for request: PictureRequest, references: Int) async -> Int64? { nil }
    public var condition: EngineCondition? { nil }
    public var residentBytes: Int64? { nil }
    public var pulse: UInt64 { 0 }
    public func follow(_ rules: @escaping @Sendable () -> EngineRules) async {}
}

/// The model that an engine uses.
public struct EngineDescription: Codable, Sendable, Equatable {
    /// The model's name, for people.
    public var model: String
    /// A hash over the model's weights, in hexadecimal: encoded references are good for this model only.
    public var modelHash: String
    /// How references are used unless a prompt says otherwise.
    public var defaultMode: String
    /// The size the model was made for, in pixels.
    public var width: Int
    /// See ``width``.
    public var height: Int
    /// What pictures take, where the engine knows.
    public var memory: ModelMemory?

    /// All of it.
    public init(
        model: String, modelHash: String, defaultMode: String, width: Int, height: Int,
        memory: ModelMemory? = nil
    ) {
        self.model = model
        self.modelHash = modelHash
        self.defaultMode = defaultMode
        self.width = width
        self.height = height
        self.memory = memory
    }

    /// Bytes that a process needs for this picture, weights included; nil where that is not known.
    public func memoryNeeded(for request: PictureRequest, references: Int) -> Int64? {
        memory.map { memory in
            Int64(
                memory.needed(
                    width: request.options.width ?? width, height: request.options.height ?? height,
                    mode: ReferenceMode(rawValue: request.options.mode ?? defaultMode) ?? .joint,
                    references: references))
        }
    }
}

/// The engine crashed, was killed or hung while it worked on something. That costs one attempt.
public struct EngineInterruption: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// What happened, in words for the subject's owner.
    public var reason: String

    /// An interruption for this reason.
    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { reason }
}

/// An engine's refusal that no photo is to blame for, in words for the subject's owner.
public struct EngineFailure: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// What happened and what to do.
    public var reason: String

    /// A failure for this reason.
    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { reason }
}
