import ControlAPI
import FoundationEssentials
import Logging
import ServiceLifecycle

/// Writes a job's picture into its folder and says where it is.
typealias PictureWriter = @Sendable (FinishedPicture, PlannedJob, OutputFolder) throws -> String

/// Makes the pictures, one job at a time.
struct JobRunner: Service {
    let store: JobStore
    let maker: PictureMaker
    let admission: Admission
    let gate: QueueGate
    let monitor: SubjectMonitor
    let mailbox: ChangeMailbox
    let hooks: HookRunner
    let retention: PictureKeeper
    let work: Signal
    let alarm: Alarm
    let writePicture: PictureWriter

    private var configuration: DaemonConfiguration { maker.live.current }
    private var session: EngineSession { maker.session }
    private var board: RunBoard { maker.board }
    private var counters: RunCounters { maker.counters }
    private var files: FileThread { maker.files }
    private var time: any TimeSource { maker.time }
    private var logger: Logger { maker.logger }

    /// Works until the end is asked for.
    func run() async throws {
        try await recover()
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                // Asked for at once, so that a wrong model is known before the first prompt.
                _ = try? await gate.cancellable { [session] in try await session.description() }
                work.raise()
                while await work.wait() {
                    while !work.isEnded, await runNext() {}
                }
            } onGracefulShutdown: {
                stop()
            }
        } onCancel: {
            stop()
        }
        await alarm.set(nil)
        await hooks.end()
    }

    private func stop() {
        work.end()
        gate.end()
    }

    // MARK: After a crash

    /// A job that was running when the daemon ended without a word is adopted if its picture is there, begun
    /// again if not, and set aside if that has happened too often.
    private func recover() async throws {
        for job in try await store.jobs(in: [.running], limit: .max) {
            let folder = OutputFolder(root: configuration.root, subject: job.plan.subject)
            let picture = try await files.run {
                folder.removeLeftovers(of: job.plan)
                return folder.picture(of: job.plan, among: folder.names())
            }
            if let picture {
                try await adopt(picture, of: job)
            } else if job.attempts >= Job.maximumAttempts {
                let reason =
                    "jedid ended \(job.attempts) times while it worked on this; jedictl retry \(job.plan.shortID) tries again"
                try await store.end(job.plan.key, as: .held, reason: reason, at: .now)
                logger.error("\(job.plan.subject): job \(job.plan.shortID) is held: \(reason)")
                hooks.fire(JobEvent(job.plan, state: .held, reason: reason))
            } else {
                try await store.putBack(job.plan.key, countAttempt: true)
                logger.notice("\(job.plan.subject): job \(job.plan.shortID) was interrupted and goes on")
            }
        }
        let unfinished = Set(try await store.order().map(\.key))
        try await files.run { [checkpoints = maker.checkpoints] in checkpoints.sweep(but: unfinished) }
        await maker.previews.clear()
    }

    private func adopt(_ picture: String, of job: Job) async throws {
        let hash = try await files.run {
            let bytes = try FileBytes.read(picture, limit: OutputFolder.maximumBytes) ?? []
            let hash = FileBytes.sha256(of: bytes)
            if !OutputFolder.hasRecord(of: job.plan.shortID, beside: picture) {
                let record = PictureRecord(
                    job, png: bytes, hash: hash, description: nil, startedAt: nil, finishedAt: .now)
                try OutputFolder.write(record.encoded(), of: job.plan, beside: picture)
            }
            return hash
        }
        try await store.finish(job.plan.key, output: picture, hash: hash, at: .now)
        logger.notice("\(job.plan.subject): the picture \(picture) was made before the last end of jedid")
        hooks.fire(JobEvent(job.plan, state: .done, output: picture))
    }

    // MARK: One job

    /// Runs the next job there is.
    ///
    /// - Returns: whether to look for another at once.
    private func runNext() async -> Bool {
        do {
            guard !gate.isPaused else { return false }
            guard let job = try await store.next(among: await monitor.presentSubjects) else {
                board.pause(nil)
                return false
            }
            if let check = admission.quietCheck() {
                board.pause(nil)
                await alarm.set(check)
                return false
            }
            guard let description = await engineDescription() else { return false }
            switch try await admission.judge(job, description) {
            case .admitted: break
            case .waits(let reason):
                await pause(reason)
                return false
            case .held(let reason):
                try await hold(job, reason)
                return true
            }
            board.pause(nil)
            guard gate.enter(job.plan.key) else { return false }
            defer { gate.leave() }
            guard try await store.begin(job.plan.key, at: .now) else { return true }
            return await run(job, description)
        } catch {
            await pause("the job store cannot be used: \(error)")
            return false
        }
    }

    private func engineDescription() async -> EngineDescription? {
        do { return try await gate.cancellable { [session] in try await session.description() } } catch {
            guard !work.isEnded else { return nil }
            await pause("the model cannot be used: \(error)")
            return nil
        }
    }

    private func hold(_ job: Job, _ reason: String) async throws {
        try await store.end(job.plan.key, as: .held, reason: reason, from: .queued, at: .now)
        counters.count { $0.held += 1 }
        logger.error("\(job.plan.subject): job \(job.plan.shortID) is held: \(reason)")
        hooks.fire(JobEvent(job.plan, state: .held, reason: reason))
    }

    /// Begins no job until something changes or some time has passed.
    private func pause(_ reason: String) async {
        if board.pause(reason) { logger.error("no picture is begun: \(reason)") }
        await alarm.set(time.now.uptime + configuration.retryInterval)
    }

    /// - Returns: whether to look for another job at once.
    private func run(_ job: Job, _ description: EngineDescription) async -> Bool {
        board.begin(job, at: time.now.uptime)
        let watch = Task { [admission, gate] in await admission.awaitQuiet(gate) }
        defer {
            watch.cancel()
            board.end()
        }
        do {
            do {
                let folder = OutputFolder(root: configuration.root, subject: job.plan.subject)
                if let made = try await files.run({ folder.recordedPicture(of: job.plan) }) {
                    try await adopt(made, of: job)
                    await clear(job)
                    return true
                }
                let picture = try await gate.cancellable { [maker] in
                    try await maker.make(job.plan, description)
                }
                // Once it is made it is kept, even if the end is asked for meanwhile.
                try await keep(picture, of: job, description)
                await clear(job)
                return true
            } catch {
                let outcome = JobOutcome.of(
                    error, interruption: gate.interruption, attempts: job.attempts + 1,
                    folderIsLost: await isLost(job.plan.subject, error))
                return try await settle(job, outcome)
            }
        } catch {
            await pause("the job store cannot be used: \(error)")
            return false
        }
    }

    /// Whether the subject's folder, or the whole root, went while its picture was being made.
    private func isLost(_ subject: String, _ error: any Error) async -> Bool {
        let folder = OutputFolder(root: configuration.root, subject: subject)
        if folder.lacks(error) { return true }
        return (try? await files.run { folder.isLost }) ?? false
    }

    private func keep(_ picture: Picture, of job: Job, _ description: EngineDescription) async throws {
        let plan = job.plan
        let uptime = time.now.uptime
        let measured = board.beginWriting(at: uptime)
        let now = Date.now
        let seconds = board.seconds(at: uptime)
        var begun = job
        begun.attempts += 1
        let (record, hash) = try await files.run { [begun] in
            let hash = FileBytes.sha256(of: picture.png)
            let record = PictureRecord(
                begun, png: picture.png, hash: hash, description: description, startedAt: now - seconds,
                finishedAt: now)
            return (try record.encoded(), hash)
        }
        let path = try await write(FinishedPicture(png: picture.png, record: record), of: plan)
        try await store.finish(plan.key, output: path, hash: hash, at: .now)
        logger.notice("\(plan.subject): made \(path) in \(StepCourse.tenths(seconds)) s")
        counters.count { values in
            values.made += 1
            values.secondsPerPicture.observe(seconds)
            if let measured { values.secondsPerStep.observe(measured.measure.secondsPerStep) }
        }
        if let measured { try await store.remember(measured.measure, of: measured.kind) }
        hooks.fire(JobEvent(plan, state: .done, output: path))
        await retention.tidy(plan.subject)
    }

    /// Writes the picture, as soon as there is room for it: it is not made a second time because the disk is full.
    private func write(_ picture: FinishedPicture, of plan: PlannedJob) async throws -> String {
        let whereabouts = JobWhereabouts(live: maker.live, store: store, monitor: monitor, files: files)
        while true {
            let plan = try await whereabouts.now(plan)
            let folder = OutputFolder(root: configuration.root, subject: plan.subject)
            do {
                let path = try await files.run { [writePicture] in try writePicture(picture, plan, folder) }
                board.pause(nil)
                return path
            } catch let error as SystemCallError where error.isFullDisk {
                await pause("the disk is full (\(error)); the picture is written once there is room")
                let again = time.now.uptime + configuration.retryInterval
                try await gate.cancellable { [time] in try await time.sleep(until: again) }
            }
        }
    }

    // MARK: Without a picture

    /// - Returns: whether to look for another job at once.
    private func settle(_ job: Job, _ outcome: JobOutcome) async throws -> Bool {
        let plan = job.plan
        switch outcome {
        case .goesOn:
            try await store.putBack(plan.key, countAttempt: false)
            logger.notice("\(plan.subject): job \(plan.shortID) is interrupted and will go on")
            await maker.previews.clear()
            return true
        case .waitsForFolder:
            // The job waits for it, as those behind it do; the monitor is about to see that it went.
            try await store.putBack(plan.key, countAttempt: false)
            logger.warning("\(plan.subject): its folder is gone; job \(plan.shortID) waits for it")
            await alarm.set(time.now.uptime + configuration.retryInterval)
            return false
        case .again(let reason):
            counters.count { $0.engineInterruptions += 1 }
            try await store.putBack(plan.key, countAttempt: true)
            logger.warning("\(plan.subject): job \(plan.shortID) is begun again: \(reason)")
            return true
        case .cancelled:
            counters.count { $0.cancelled += 1 }
            logger.notice("\(plan.subject): job \(plan.shortID) was taken back")
        case .held(let reason):
            counters.count { values in
                values.engineInterruptions += 1
                values.held += 1
            }
            let advice = "\(reason); jedictl retry \(plan.shortID) tries again"
            try await store.end(plan.key, as: .held, reason: advice, at: .now)
            logger.error("\(plan.subject): job \(plan.shortID) is held: \(advice)")
            hooks.fire(JobEvent(plan, state: .held, reason: advice))
        case .failed(let reason):
            counters.count { $0.failed += 1 }
            try await store.end(plan.key, as: .failed, reason: reason, at: .now)
            logger.error("\(plan.subject): no picture for \"\(plan.prompt)\": \(reason)")
            hooks.fire(JobEvent(plan, state: .failed, reason: reason))
        case .photo(let fault): try await blame(fault, for: plan)
        }
        await clear(job)
        let folder = OutputFolder(root: configuration.root, subject: plan.subject)
        try? await files.run { folder.removeLeftovers(of: plan) }
        return true
    }

    private func blame(_ fault: PhotoFault, for plan: PlannedJob) async throws {
        counters.count { $0.failed += 1 }
        let why = "\(fault.photo.name) could not be used (\(fault.rejection.reason))"
        let isStart = plan.start?.all.contains(fault.photo) == true
        let next = isStart ? "put it there again, or name another" : "planned again without it"
        try await store.end(plan.key, as: .failed, reason: "\(why); \(next)", at: .now)
        logger.warning("\(plan.subject): \(why); the prompt is planned again")
        if fault.rejection.fault == .unusable {
            await monitor.reject(fault.photo, of: plan.subject, reason: fault.rejection.reason)
        }
        mailbox.postReplan(plan.subject)
    }

    /// What was kept for an attempt that follows is of no use any more.
    private func clear(_ job: Job) async {
        await maker.previews.clear()
        try? await files.run { [checkpoints = maker.checkpoints] in checkpoints.remove(job.plan.key) }
    }
}
