import FoundationEssentials

/// Whether the next job may begin now.
struct Admission: Sendable {
    /// What is to be done with it.
    enum Verdict: Sendable, Equatable {
        case admitted
        /// It and all behind it wait, for that reason, which passes by itself.
        case waits(reason: String)
        /// It can never begin as things are: it is set aside, and the others go on.
        case held(reason: String)
    }

    let live: LiveConfiguration
    let engine: any PictureEngine
    let files: FileThread
    let time: any TimeSource
    let minuteOfDay: QuietTime.MinuteOfDay
    let memory: @Sendable () -> MemoryFacts?

    private var now: Int64 { time.now.wall / 1_000_000_000 }

    /// The rules for quiet hours as of now.
    var quietTime: QuietTime { QuietTime(hours: live.current.quietHours, minuteOfDay: minuteOfDay) }

    /// How it is with quiet hours.
    var quietState: QuietTime.State { quietTime.state(at: now) }

    /// In quiet hours, when to look again; nil otherwise.
    func quietCheck() -> Duration? {
        guard case .quiet(let until) = quietState else { return nil }
        return time.now.uptime + wait(until)
    }

    /// Interrupts the job under way once quiet hours begin.
    func awaitQuiet(_ gate: QueueGate) async {
        while !Task.isCancelled {
            guard case .awake(let until) = quietState else {
                gate.interrupt(.quiet)
                return
            }
            guard (try? await time.sleep(until: time.now.uptime + wait(until))) != nil else { return }
        }
    }

    /// However long it is until then, the clock and the rules may change before.
    private func wait(_ until: Int64?) -> Duration {
        let longest = live.current.retryInterval
        return min(until.map { .seconds(max($0 - now, 0)) } ?? longest, longest)
    }

    /// Looks at the disk, the memory and the model.
    func judge(_ job: Job, _ description: EngineDescription) async throws -> Verdict {
        if let wanted = job.plan.modelHash, !description.modelHash.hasPrefix(wanted) {
            return .held(
                reason:
                    "it is to be made by the model \(wanted), and the model in use is \(description.model) (\(description.modelHash.prefix(10)))"
            )
        }
        let configuration = live.current
        let folder = OutputFolder(root: configuration.root, subject: job.plan.subject)
        if let free = try? await files.run({ folder.freeBytes() }), free < configuration.freeBytesNeeded {
            return .waits(
                reason:
                    "the disk of \(folder.path) is full: \(free >> 20) MiB are free and "
                    + "\(configuration.freeBytesNeeded >> 20) MiB are needed; it goes on by itself once there is room"
            )
        }
        guard let facts = memory() else { return .admitted }
        return Self.judge(
            facts, configured: configuration.freeMemoryNeeded,
            estimated: configuration.freeMemoryNeeded == nil
                ? await engine.memoryNeeded(
                    for: PictureRequest(job.plan), references: job.plan.references.count) : nil)
    }

    /// The rule for memory. Pure.
    ///
    /// - Parameters:
    ///   - configured: what must be available by the configuration.
    ///   - estimated: what the engine needs for the job.
    static func judge(_ facts: MemoryFacts, configured: Int64?, estimated: Int64?) -> Verdict {
        func mebibytes(_ bytes: Int64) -> String { "\(bytes >> 20) MiB" }
        if configured == nil, let estimated, estimated > facts.total {
            return .held(
                reason:
                    "it needs \(mebibytes(estimated)) of memory and this machine lets jedid have \(mebibytes(facts.total)): ask for a smaller picture or fewer photos"
            )
        }
        guard let needed = configured ?? estimated, facts.available < needed else { return .admitted }
        return .waits(
            reason:
                "memory is short: \(mebibytes(facts.available)) are available and \(mebibytes(needed)) are needed; it goes on by itself once there is enough"
        )
    }
}
