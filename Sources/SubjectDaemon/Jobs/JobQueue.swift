import ControlAPI
import FoundationEssentials
import Logging

/// The queue as a person steers it.
struct JobQueue: QueueControl {
    let store: JobStore
    let gate: QueueGate
    let board: RunBoard
    let work: Signal
    let monitor: SubjectMonitor
    let session: EngineSession
    let forecaster: Forecaster
    let previews: PreviewKeeper
    let checkpoints: CheckpointFolder
    let files: FileThread
    let retention: PictureKeeper
    let reporter: MetricsReporter
    let logger: Logger

    /// Under which name the store keeps whether a person paused the queue.
    static let pausedSetting = "queue paused"
    private static let mostListed = 10_000

    // MARK: Telling

    func jobs(_ query: JobQuery) async throws -> [JobStatus] {
        let states = Set(query.states)
        func wants(_ state: Job.State) -> Bool { states.isEmpty || states.contains(state) }
        let limit = min(max(query.limit, 0), Self.mostListed)
        var listed: [JobStatus] = []
        if wants(.running) {
            let left = forecaster.runningSecondsLeft
            listed += try await store.jobs(in: [.running], subject: query.subject, limit: limit).map { job in
                var status = job.status()
                if status.id == board.jobID { status.secondsLeft = left }
                return status
            }
        }
        if wants(.queued) {
            listed += try await forecaster.waiting(subject: query.subject, limit: limit - listed.count)
        }
        let ended = ([.done, .failed, .held, .cancelled] as [Job.State]).filter(wants)
        if !ended.isEmpty {
            listed += try await store.jobs(
                in: ended, subject: query.subject, limit: max(limit - listed.count, 0), latestFirst: true
            ).map { $0.status() }
        }
        return Array(listed.prefix(limit))
    }

    func preview() async throws -> PicturePreview? { previews.current }

    func metrics() async throws -> String { try await reporter.text() }

    // MARK: The whole queue

    func pause() async throws {
        try await store.set(Self.pausedSetting, to: true)
        gate.pause(true)
        logger.notice("the queue is paused")
    }

    func resume() async throws {
        try await store.set(Self.pausedSetting, to: false)
        gate.pause(false)
        logger.notice("the queue goes on")
        work.raise()
    }

    func applyRetention(dryRun: Bool) async throws -> [String] {
        try await retention.apply(dryRun: dryRun)
    }

    // MARK: Jobs

    func cancel(_ selection: JobSelection) async throws -> [JobStatus] {
        let chosen = try await choose(
            selection, [.queued, .running, .held], otherwise: "there is nothing to take back")
        let cancelled = try await store.cancel(
            chosen.map(\.plan.key), reason: "a person took it back", at: .now)
        let keys = Set(cancelled.map(\.plan.key))
        gate.interrupt(.cancel, only: keys)
        // That of the one under way goes once it has stopped.
        let waited = chosen.filter { $0.state != .running && keys.contains($0.plan.key) }.map(\.plan.key)
        try await files.run { [checkpoints] in for key in waited { checkpoints.remove(key) } }
        return try await told(cancelled)
    }

    func retry(_ selection: JobSelection) async throws -> [JobStatus] {
        let chosen = try await choose(
            selection, [.failed, .held, .cancelled],
            otherwise: "there is nothing to try again; jedictl rerun makes a picture once more")
        let again = try await store.retry(chosen.map(\.plan.key))
        work.raise()
        return try await told(again)
    }

    func rerun(_ selection: JobSelection, newSeed: Bool) async throws -> [JobStatus] {
        let chosen = try await choose(
            selection, [.done], otherwise: "its picture is not made; jedictl retry tries again")
        var added: [Job] = []
        for job in chosen { added.append(try await store.addRepeat(of: job, newSeed: newSeed, at: .now)) }
        work.raise()
        return try await told(added)
    }

    func move(_ id: String, to place: QueuePlace) async throws -> JobStatus {
        let job = try await one(id)
        var before: Job?
        if case .before(let other) = place { before = try await one(other) }
        if let before, before.plan.key == job.plan.key {
            throw QueueRefusal("job \(job.plan.shortID) cannot be put before itself")
        }
        for job in [job, before].compactMap({ $0 }) where job.state != .queued {
            throw QueueRefusal(
                "job \(job.plan.shortID) is \(job.state.rawValue): only jobs that wait have a place")
        }
        guard try await store.move(job.plan.key, to: place, before: before?.plan.key) else {
            throw QueueRefusal("job \(job.plan.shortID) does not wait any more, or the one to put it before")
        }
        work.raise()
        return try await told([job])[0]
    }

    func prioritize(_ selection: JobSelection, _ priority: Int) async throws -> [JobStatus] {
        let chosen = try await choose(selection, [.queued], otherwise: "only jobs that wait have a priority")
        let changed = try await store.prioritize(chosen.map(\.plan.key), priority)
        work.raise()
        return try await told(changed)
    }

    func order(_ order: PictureOrder) async throws -> [JobStatus] {
        var order = order
        order.options = PromptOptionRules.withoutNone(order.options)
        let prompt = order.prompt.split(whereSeparator: \.isNewline).joined(separator: " ")
        guard prompt.contains(where: { !$0.isWhitespace }) else {
            throw QueueRefusal("the prompt is empty: say what the picture shall show")
        }
        if let wanted = order.modelHash, let hash = session.status.modelHash, !hash.hasPrefix(wanted) {
            throw QueueRefusal(
                "the model in use is \(session.status.model ?? "another") (\(hash.prefix(10))), not \(wanted)"
            )
        }
        let photos = try await monitor.photos(for: order)
        let line = PromptLine(number: 1, text: prompt, copy: 0, options: order.options)
        let origin = try await store.origin(of: order.subject)
        let plans = JobPlanner.jobs(
            subject: origin, lines: [line], references: photos.references, start: photos.start
        ).map { plan in
            var plan = plan
            plan.subject = order.subject
            plan.priority = order.options.priority ?? 0
            plan.modelHash = order.modelHash
            return plan
        }
        let jobs = try await store.add(plans, at: .now)
        work.raise()
        return try await told(jobs)
    }

    // MARK: Which

    /// The jobs that are meant and that the command applies to. What no prompt file asks for any more has to be named.
    ///
    /// - Parameter otherwise: what to say of a job that is named and that it does not apply to.
    private func choose(
        _ selection: JobSelection, _ states: [Job.State], otherwise: String
    ) async throws -> [Job] {
        guard selection.ids.isEmpty else {
            var chosen: [Job] = []
            for id in selection.ids {
                let job = try await one(id)
                guard states.contains(job.state) else {
                    throw QueueRefusal("job \(job.plan.shortID) is \(job.state.rawValue): \(otherwise)")
                }
                guard selection.subject == nil || selection.subject == job.plan.subject else {
                    throw QueueRefusal("job \(job.plan.shortID) is of \(job.plan.subject)")
                }
                if !chosen.contains(where: { $0.plan.key == job.plan.key }) { chosen.append(job) }
            }
            return chosen
        }
        guard selection.all || selection.subject != nil else {
            throw QueueRefusal("name jobs, a subject, or all")
        }
        let chosen = try await store.jobs(in: states, subject: selection.subject, limit: .max)
            .filter { !$0.isWithdrawn }
        if chosen.isEmpty {
            let whose = selection.subject.map { "\($0) has no job that is " } ?? "no job is "
            throw QueueRefusal(whose + states.map(\.rawValue).joined(separator: " or ") + ": " + otherwise)
        }
        return chosen
    }

    /// The one job whose name begins so.
    private func one(_ id: String) async throws -> Job {
        let prefix = id.lowercased()
        guard !prefix.isEmpty,
            prefix.utf8.allSatisfy({
                UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                    || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
            })
        else {
            throw QueueRefusal("'\(id.prefix(40))' is no job's name; jedictl jobs lists them")
        }
        let found = try await store.jobs(beginning: prefix)
        guard let job = found.first else {
            throw QueueRefusal("no job's name begins with \(prefix.prefix(64)); jedictl jobs lists them")
        }
        guard found.count > 1 else { return job }
        let list = found.prefix(10).map { "\($0.plan.shortID) (\($0.plan.subject))" }.joined(separator: ", ")
        throw QueueRefusal(
            "\(prefix) fits \(found.count > 10 ? "more than ten" : "\(found.count)") jobs: \(list); give more of its name"
        )
    }

    /// The jobs as they stand now, with their places.
    private func told(_ jobs: [Job]) async throws -> [JobStatus] {
        let now = try await store.jobs(keys: jobs.map(\.plan.key))
        let places = try await store.order().enumerated().reduce(into: [String: Int]()) {
            $0[$1.element.key] = $1.offset + 1
        }
        return jobs.map { job in (now[job.plan.key] ?? job).status(position: places[job.plan.key]) }
    }
}
