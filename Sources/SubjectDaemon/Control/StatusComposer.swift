import ControlAPI
import FoundationEssentials
import Glibc

/// Puts together what `status` says.
struct StatusComposer: Sendable {
    let live: LiveConfiguration
    let keeper: ConfigurationKeeper
    let startedAt: Date
    let store: JobStore
    let cache: ReferenceCache
    let session: EngineSession
    let monitor: SubjectMonitor
    let board: RunBoard
    let forecaster: Forecaster
    let time: any TimeSource

    private static let waitingShown = 50
    private static let recentShown = 10
    /// A person reads no more at once, and whoever asks waits for none of the rest.
    private static let subjectsShown = 100

    private var configuration: DaemonConfiguration { live.current }

    /// The report as of now.
    func report() async throws -> StatusReport {
        let counts = try await store.counts()
        let waiting = try await forecaster.waiting(limit: Self.waitingShown)
        let recent = try await store.jobs(
            in: [.done, .failed, .held, .cancelled], limit: Self.recentShown, latestFirst: true)
        let engine = session.status
        let cache = cache
        let subjects = await monitor.subjectStatuses(counts: counts, limit: Self.subjectsShown) {
            contentHash in
            guard let modelHash = engine.modelHash else { return false }
            return cache.contains(contentHash: contentHash, modelHash: modelHash)
        }
        return StatusReport(
            madeAt: .now,
            daemon: DaemonStatus(
                version: ProductVersion.current, pid: getpid(), startedAt: startedAt,
                root: configuration.root,
                stateFolder: configuration.stateFolder, socket: configuration.socket,
                configurationProblem: await keeper.problem),
            engine: engine, watching: await monitor.watchingStatus, subjects: subjects,
            paused: forecaster.paused,
            running: board.running(at: time.now.uptime),
            waiting: waiting,
            waitingCount: counts.values.reduce(0) { $0 + ($1[.queued] ?? 0) },
            recent: recent.map { $0.status() },
            subjectsLeftOut: await monitor.subjectCount - subjects.count)
    }
}
