import ControlAPI
import FoundationEssentials
import Logging
import ServiceLifecycle
import Synchronization

/// Writes a job's picture into its folder and says where it is.
typealias PictureWriter = @Sendable (Picture, PlannedJob, OutputFolder) throws -> String

/// Makes the pictures, one job at a time.
final class JobRunner: Service {
    private let live: LiveConfiguration
    private let store: JobStore
    private let cache: ReferenceCache
    private let session: EngineSession
    private let monitor: SubjectMonitor
    private let mailbox: ChangeMailbox
    private let files: FileThread
    private let board: RunBoard
    private let work: Signal
    private let alarm: Alarm
    private let time: any TimeSource
    private let logger: Logger
    private let writePicture: PictureWriter
    /// What to cancel when the end is asked for.
    private let current = Mutex<(@Sendable () -> Void)?>(nil)

    init(
        live: LiveConfiguration, store: JobStore, cache: ReferenceCache, session: EngineSession,
        monitor: SubjectMonitor, mailbox: ChangeMailbox, files: FileThread, board: RunBoard, work: Signal,
        time: any TimeSource, logger: Logger, writePicture: @escaping PictureWriter
    ) {
        self.live = live
        self.store = store
        self.cache = cache
        self.writePicture = writePicture
        self.session = session
        self.monitor = monitor
        self.mailbox = mailbox
        self.files = files
        self.board = board
        self.work = work
        self.time = time
        self.logger = logger
        alarm = Alarm(time: time, signal: work)
    }

    private var configuration: DaemonConfiguration { live.current }

    /// Works until the end is asked for.
    func run() async throws {
        try await recover()
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                // Asked for at once, so that a wrong model is known before the first prompt.
                _ = try? await cancellable { [session] in try await session.description() }
                work.raise()
                while await work.wait() {
                    while !work.isEnded, await runNext() {}
                }
            } onGracefulShutdown: {
                self.stop()
            }
        } onCancel: {
            stop()
        }
        await alarm.set(nil)
    }

    private func stop() {
        work.end()
        current.withLock { $0?() }
    }

    /// Does the work in a task that ``stop()`` cancels.
    private func cancellable<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await work() }
        current.withLock { $0 = { task.cancel() } }
        defer { current.withLock { $0 = nil } }
        if self.work.isEnded { task.cancel() }
        return try await task.value
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
                try await store.finish(job.plan.key, output: picture, at: .now)
                logger.notice(
                    "\(job.plan.subject): the picture \(picture) was made before the last end of jedid")
            } else if job.attempts >= Job.maximumAttempts {
                let reason =
                    "jedid ended \(job.attempts) times while it worked on this; change the prompt to try again"
                try await store.end(job.plan.key, as: .held, reason: reason, at: .now)
                logger.error("\(job.plan.subject): job \(job.plan.shortID) is held: \(reason)")
            } else {
                try await store.putBack(job.plan.key, countAttempt: true)
                logger.notice(
                    "\(job.plan.subject): job \(job.plan.shortID) was interrupted and is begun again")
            }
        }
    }

    // MARK: One job

    /// Runs the next job there is.
    ///
    /// - Returns: whether to look for another at once.
    private func runNext() async -> Bool {
        do {
            guard let job = try await store.next(among: await monitor.presentSubjects) else {
                board.pause(nil)
                return false
            }
            guard let description = await engineDescription(), await hasRoom(for: job) else { return false }
            board.pause(nil)
            try await store.begin(job.plan.key, at: .now)
            return await run(job, description)
        } catch {
            await pause("the job store cannot be used: \(error)")
            return false
        }
    }

    private func engineDescription() async -> EngineDescription? {
        do { return try await cancellable { [session] in try await session.description() } } catch {
            guard !work.isEnded else { return nil }
            await pause("the model cannot be used: \(error)")
            return nil
        }
    }

    private func hasRoom(for job: Job) async -> Bool {
        let folder = OutputFolder(root: configuration.root, subject: job.plan.subject)
        guard let free = try? await files.run({ folder.freeBytes() }), free < configuration.freeBytesNeeded
        else {
            return true
        }
        await pause(
            "the disk of \(folder.path) is full: \(free >> 20) MiB are free and "
                + "\(configuration.freeBytesNeeded >> 20) MiB are needed; it goes on by itself once there is room"
        )
        return false
    }

    /// Begins no job until something changes or some time has passed.
    private func pause(_ reason: String) async {
        if board.pause(reason) { logger.error("no picture is begun: \(reason)") }
        await alarm.set(time.now.uptime + configuration.retryInterval)
    }

    /// - Returns: whether to look for another job at once.
    private func run(_ job: Job, _ description: EngineDescription) async -> Bool {
        board.begin(job, at: .now)
        defer { board.end() }
        do {
            do {
                let picture = try await cancellable { try await self.make(job.plan, description) }
                // Once it is made it is kept, even if the end is asked for meanwhile.
                try await keep(picture, of: job.plan)
            } catch {
                if await hasLostFolder(job, error) {
                    // The job waits for it, as those behind it do; the monitor is about to see that it went.
                    try await store.putBack(job.plan.key, countAttempt: false)
                    logger.warning(
                        "\(job.plan.subject): its folder is gone; job \(job.plan.shortID) waits for it")
                    await alarm.set(time.now.uptime + configuration.retryInterval)
                    return false
                }
                try await settle(job, after: error)
            }
            return true
        } catch {
            await pause("the job store cannot be used: \(error)")
            return false
        }
    }

    /// Whether the subject's folder, or the whole root, went while its picture was being made.
    private func hasLostFolder(_ job: Job, _ error: any Error) async -> Bool {
        let isChangedPhoto = (error as? PhotoFault)?.rejection.fault == .changed
        guard error is SystemCallError || error is OutputFolderError || isChangedPhoto, !work.isEnded else {
            return false
        }
        let folder = OutputFolder(root: configuration.root, subject: job.plan.subject)
        return (try? await files.run { folder.isLost }) ?? false
    }

    private func make(_ plan: PlannedJob, _ description: EngineDescription) async throws -> Picture {
        let folder = OutputFolder(root: configuration.root, subject: plan.subject)
        try await files.run { try folder.prepare() }
        let references = try await encoded(plan, description)
        let request = PictureRequest(
            subject: plan.subject, jobID: plan.shortID, prompt: plan.prompt, seed: plan.seed,
            options: plan.options,
            references: plan.references)
        let kind = StepTimes.Kind(
            modelHash: description.modelHash, width: plan.options.width ?? description.width,
            height: plan.options.height ?? description.height,
            mode: plan.options.mode ?? description.defaultMode,
            references: references.count)
        board.beginSteps(of: kind, at: time.now.uptime)
        return try await session.engine.generate(request, references: references, resumingFrom: nil) {
            [board, time] event in
            if case .step(let progress) = event { board.advance(progress, at: time.now.uptime) }
        }
    }

    private func keep(_ picture: Picture, of plan: PlannedJob) async throws {
        board.beginWriting(at: time.now.uptime)
        let path = try await write(picture, of: plan)
        try await store.finish(plan.key, output: path, at: .now)
        let seconds = board.seconds(at: .now)
        logger.notice("\(plan.subject): made \(path) in \(StepCourse.tenths(seconds)) s")
    }

    /// Writes the picture, as soon as there is room for it: it is not made a second time because the disk is full.
    private func write(_ picture: Picture, of plan: PlannedJob) async throws -> String {
        let whereabouts = JobWhereabouts(live: live, store: store, monitor: monitor, files: files)
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
                try await cancellable { [time] in try await time.sleep(until: again) }
            }
        }
    }

    /// The job's references in its order, from the cache where they are there.
    private func encoded(_ plan: PlannedJob, _ description: EngineDescription) async throws
        -> [EncodedReference]
    {
        var references: [EncodedReference] = []
        for photo in plan.references {
            let key = ReferenceKey(
                contentHash: photo.contentHash, modelHash: description.modelHash,
                width: plan.options.width ?? description.width,
                height: plan.options.height ?? description.height)
            if let kept = try await files.run({ [cache] in cache.load(key) }) {
                references.append(kept)
                continue
            }
            try Task.checkCancellation()
            let reference = try await encode(photo, of: plan.subject, key)
            try await files.run { [cache] in cache.store(reference, for: key) }
            references.append(reference)
        }
        return references
    }

    private func encode(
        _ photo: PictureRequest.Reference, of subject: String, _ key: ReferenceKey
    ) async throws -> EncodedReference {
        let root = configuration.root
        let path = try await files.run { FolderScanner.resolve(photo.name, of: subject, root: root) }
        guard let path else {
            throw PhotoFault(photo: photo, rejection: PhotoRejection("the file is gone", fault: .changed))
        }
        do {
            return try await session.engine.encodeReference(
                ReferenceRequest(
                    path: path, contentHash: photo.contentHash, width: key.width, height: key.height))
        } catch let rejection as PhotoRejection {
            throw PhotoFault(photo: photo, rejection: rejection)
        }
    }

    /// What becomes of a job that ended without a picture.
    private func settle(_ job: Job, after error: any Error) async throws {
        let plan = job.plan
        switch error {
        case _ where work.isEnded:
            try await store.putBack(plan.key, countAttempt: false)
            logger.notice("\(plan.subject): job \(plan.shortID) is interrupted and will be begun again")
        case let fault as PhotoFault:
            let photo = "\(plan.subject)/\(fault.photo.name)"
            try await store.end(
                plan.key, as: .failed,
                reason:
                    "\(fault.photo.name) could not be used (\(fault.rejection.reason)); planned again without it",
                at: .now)
            logger.warning(
                "\(photo) could not be used: \(fault.rejection.reason); the prompt is planned again")
            if fault.rejection.fault == .unusable {
                await monitor.reject(fault.photo, of: plan.subject, reason: fault.rejection.reason)
            }
            mailbox.postReplan(plan.subject)
        default:
            try await store.end(plan.key, as: .failed, reason: "\(error)", at: .now)
            logger.error("\(plan.subject): no picture for \"\(plan.prompt)\": \(error)")
        }
    }
}

/// Which of a job's photos the engine refused.
private struct PhotoFault: Error {
    var photo: PictureRequest.Reference
    var rejection: PhotoRejection
}
