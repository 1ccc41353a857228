import FoundationEssentials
import Logging

/// The parts that make jobs into pictures, put together.
struct JobServices: Sendable {
    let board: RunBoard
    let forecaster: Forecaster
    let queue: JobQueue
    let runner: JobRunner
    let retention: PictureKeeper

    /// Reads from the store what an earlier daemon left: whether the queue is paused, and measured times.
    init(
        live: LiveConfiguration, startedAt: Date, store: JobStore, cache: ReferenceCache,
        session: EngineSession, monitor: SubjectMonitor, mailbox: ChangeMailbox, files: FileThread,
        work: Signal, parts: SubjectDaemon.Parts, logger: Logger
    ) async throws {
        let (time, state) = (parts.time, live.current.stateFolder)
        var times = StepTimes()
        for (kind, measure) in try await store.stepTimes() { times.take(measure, of: kind) }
        let isPaused = try await store.setting(JobQueue.pausedSetting, as: Bool.self) ?? false
        if isPaused { logger.notice("the queue is paused; jedictl resume lets it go on") }
        let counters = RunCounters()
        let gate = QueueGate(isPaused: isPaused)
        board = RunBoard(times: times)
        let checkpoints: CheckpointFolder
        do { checkpoints = try CheckpointFolder(folder: state + "/checkpoints", logger: logger) } catch {
            throw DaemonError.stateFolder(path: state, reason: "\(error)")
        }
        let previews = PreviewKeeper(folder: state, files: files, time: time, logger: logger)
        let admission = Admission(
            live: live, engine: session.engine, files: files, time: time, minuteOfDay: parts.minuteOfDay,
            memory: parts.memory)
        forecaster = Forecaster(
            store: store, board: board, gate: gate, admission: admission, session: session, time: time)
        retention = PictureKeeper(
            live: live, store: store, monitor: monitor, files: files, counters: counters, time: time,
            logger: logger)
        let maker = PictureMaker(
            live: live, cache: cache, session: session, files: files, board: board, checkpoints: checkpoints,
            previews: previews, counters: counters, time: time, logger: logger)
        runner = JobRunner(
            store: store, maker: maker, admission: admission, gate: gate, monitor: monitor, mailbox: mailbox,
            hooks: HookRunner(live: live, counters: counters, logger: logger), retention: retention,
            work: work, alarm: Alarm(time: time, signal: work), writePicture: parts.writePicture)
        queue = JobQueue(
            store: store, gate: gate, board: board, work: work, monitor: monitor, session: session,
            forecaster: forecaster, previews: previews, checkpoints: checkpoints, files: files,
            retention: retention,
            reporter: MetricsReporter(
                live: live, startedAt: startedAt, store: store, monitor: monitor, session: session,
                board: board, gate: gate, counters: counters, files: files),
            logger: logger)
    }
}
