import ControlAPI
import FoundationEssentials
import JointDiffusion

/// One picture to be made, being made, or made.
struct Job: Sendable, Equatable {
    /// Where a job stands.
    typealias State = JobStatus.State

    /// What is asked for.
    var plan: PlannedJob
    /// Where it stands.
    var state: State
    /// Why, where that needs saying.
    var reason: String?
    /// How often it was begun. Raised before it begins.
    var attempts: Int
    /// Where it stands among those that wait: the lowest is next.
    var position: Int64
    /// When it was asked for.
    var createdAt: Date
    /// When it was begun last.
    var startedAt: Date?
    /// When it ended.
    var finishedAt: Date?
    /// The picture's path, once it is made.
    var output: String?
    /// Whether it was taken back because its prompt file asks for it no more, rather than by a person.
    var isWithdrawn = false

    /// How many crashes under it a job may survive.
    static let maximumAttempts = 3

    /// For `status`.
    func status(position: Int? = nil) -> JobStatus {
        var seconds: Double?
        if let startedAt, let finishedAt { seconds = max(finishedAt.timeIntervalSince(startedAt), 0) }
        return JobStatus(
            id: plan.shortID, subject: plan.subject, prompt: plan.prompt, seed: plan.seed, state: state,
            reason: reason, position: position, attempts: attempts, output: output, finishedAt: finishedAt,
            seconds: seconds, priority: plan.priority == 0 ? nil : plan.priority, source: plan.source)
    }
}

/// What a job asks for: everything that its picture depends on but the model.
struct PlannedJob: Sendable, Equatable {
    /// The same for the same picture, whenever it is asked for.
    var key: String
    /// The subject's name.
    var subject: String
    /// The prompt.
    var prompt: String
    /// What the prompt says besides its words.
    var options: PictureOptions
    /// The seed of its noise.
    var seed: UInt32
    /// The photos, by name.
    var references: [PictureRequest.Reference]
    /// The photo to start from, and its mask; nil: none.
    var start: StartPhotos?
    /// The prompt file that asks for it, by name; nil for an order of `jedictl`.
    var source: String?
    /// Among all that waits the highest is next.
    var priority = 0
    /// The beginning of the model's hash, where the picture is to be made by no other.
    var modelHash: String?
    /// The key of the job whose picture is made once more.
    var repeats: String?

    /// How much of the walk is done; nil where it begins at noise.
    var strength: Double? {
        start.map { PictureStart.strength(options.strength, hasMask: $0.mask != nil) }
    }

    /// The job's short name: in file names, in messages, on the command line.
    var shortID: String { String(key.prefix(10)) }

    /// The name of the picture's file.
    var outputName: String { outputName(copy: 1) }

    /// The name that is taken where `copy - 1` files of other origin bear it already.
    func outputName(copy: Int) -> String {
        let tail = outputTail(copy: copy)
        // A file's name has at most 255 bytes, its temporary name some more.
        var head = subject
        while head.utf8.count + tail.utf8.count > 230 { head.removeLast() }
        return head + tail
    }

    /// How that name ends, whatever the subject was called.
    func outputTail(copy: Int) -> String { "-\(shortID)-\(seed)\(copy > 1 ? "-\(copy)" : "").png" }
}
