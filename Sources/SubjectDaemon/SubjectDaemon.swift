import ControlAPI
import FoundationEssentials
import Glibc
import Logging
import ServiceLifecycle

/// Why a daemon does not start.
public enum DaemonError: Error, Equatable, CustomStringConvertible {
    /// Another daemon uses the state folder.
    case stateFolderInUse(String)
    /// The state folder cannot be used.
    case stateFolder(path: String, reason: String)
    /// The job store cannot be opened.
    case jobStore(path: String, reason: String)
    /// The control socket cannot be made.
    case socket(reason: String)

    public var description: String {
        switch self {
        case .stateFolderInUse(let path):
            "another jedid uses the state folder \(path): stop it first, or give this one its own with --state"
        case .stateFolder(let path, let reason):
            "the state folder \(path) cannot be used: \(reason); choose another with --state"
        case .jobStore(let path, let reason):
            "the job store \(path) cannot be opened: \(reason); if it is damaged, move it away to begin a new one"
        case .socket(let reason): reason
        }
    }
}

/// Turns the folders under a root into pictures: watches them, queues jobs, runs the engine, answers `jedictl`.
public struct SubjectDaemon: Sendable {
    private let effective: EffectiveConfiguration
    private let source: ConfigurationSource?
    private let engine: any PictureEngine
    private let logger: Logger
    /// What was logged last, for `jedictl logs`. The logger fills it.
    public var logs = LogBuffer()
    /// Where models lie, for `jedictl model`.
    public var models = ModelPlaces()
    private var listeners = ConfigurationKeeper.Listeners()

    private var configuration: DaemonConfiguration { effective.daemon }

    /// A daemon, not yet begun, that keeps this configuration to its end.
    public init(configuration: DaemonConfiguration, engine: any PictureEngine, logger: Logger) {
        effective = EffectiveConfiguration(fixed: configuration)
        source = nil
        self.engine = engine
        self.logger = logger
    }

    /// A daemon, not yet begun, that reads its configuration again when it is asked to.
    ///
    /// - Parameters:
    ///   - configuration: what `source` says now.
    ///   - onEngineChange: has the engine go by other settings from its next job on; false where it cannot.
    ///   - onLogLevelChange: has other messages be written.
    public init(
        configuration: EffectiveConfiguration, source: ConfigurationSource, engine: any PictureEngine,
        logger: Logger, onEngineChange: @escaping @Sendable (EngineSettings) async -> Bool,
        onLogLevelChange: @escaping @Sendable (Logger.Level) -> Void
    ) {
        effective = configuration
        self.source = source
        self.engine = engine
        self.logger = logger
        listeners.engine = onEngineChange
        listeners.logLevel = onLogLevelChange
    }

    /// Runs until SIGTERM or SIGINT comes, or the task is cancelled.
    ///
    /// - Parameter onReady: called once the socket answers, the watches stand and every folder was looked at.
    public func run(
        onReady: @escaping @Sendable () -> Void = {}
    ) async throws {
        try await run(parts: Parts(), onReady: onReady)
    }

    /// What tests put in the place of the real thing.
    struct Parts: Sendable {
        var time: any TimeSource = SystemTime()
        var writePicture: PictureWriter = { picture, job, folder in try folder.write(picture, of: job) }
        var heedsSignals = true
        var whenServing: @Sendable (ServiceGroup) -> Void = { _ in }
        var probe: any PhotoProbing = HeaderPhotoProbe()
        var notifier = ServiceNotifier(environment: ProcessInfo.processInfo.environment)
        var makeWatcher: @Sendable (ChangeMailbox) -> any FolderWatching = { InotifyWatcher(mailbox: $0) }
        /// Takes orders in the place of the job runner's side.
        var queue: (any QueueControl)?
        var minuteOfDay = QuietTime.localMinuteOfDay
        var memory: @Sendable () -> MemoryFacts? = { MemoryFacts.read() }
        var whenQueued: @Sendable (any QueueControl) -> Void = { _ in }
    }

    func run(parts: Parts, onReady: @escaping @Sendable () -> Void) async throws {
        // Held as long as this function runs.
        let stateLock = try lockStateFolder()
        let socketLock = try lockSocket()
        defer { withExtendedLifetime((stateLock, socketLock)) {} }
        let store = try openStore()
        let files = FileThread(threads: 2)
        do {
            try await serve(store, files, parts, onReady)
        } catch {
            await end(store, files)
            throw error
        }
        await end(store, files)
    }

    private func end(_ store: JobStore, _ files: FileThread) async {
        await engine.unload()
        await files.shutdown()
        store.close()
    }

    private func serve(
        _ store: JobStore, _ files: FileThread, _ parts: Parts, _ onReady: @escaping @Sendable () -> Void
    ) async throws {
        let cache = try openCache()
        let live = LiveConfiguration(configuration)
        let work = Signal()
        let mailbox = ChangeMailbox()
        let ready = Signal()
        let session = EngineSession(engine: engine, logger: logger)
        await engine.follow { EngineRules(idleTime: live.current.workerIdleTime) }
        let monitor = SubjectMonitor(
            live: live, store: store, files: files, watcher: parts.makeWatcher(mailbox),
            mailbox: mailbox, probe: parts.probe, work: work, time: parts.time, logger: logger,
            onReady: {
                StartupPages.release()
                ready.raise()
                onReady()
            })
        let jobs = try await JobServices(
            live: live, startedAt: .now, store: store, cache: cache, session: session, monitor: monitor,
            mailbox: mailbox, files: files, work: work, parts: parts, logger: logger)
        parts.whenQueued(jobs.queue)
        let library = ModelLibrary(
            stateFolder: configuration.stateFolder, places: models, files: files, logger: logger)
        let keeper = keeper(live, library, parts.notifier, work)
        let composer = StatusComposer(
            live: live, keeper: keeper, startedAt: .now, store: store, cache: cache, session: session,
            monitor: monitor, board: jobs.board, forecaster: jobs.forecaster, time: parts.time)
        let reporter = ServiceReporter(
            notifier: parts.notifier, ready: ready, monitor: monitor, store: store, board: jobs.board,
            time: parts.time, logger: logger)
        let socket = try bindSocket()
        // Not before it is this daemon's own: what has its name until then is another's.
        defer { unlink(configuration.socket) }
        let responder = ControlResponder(
            composer: composer, queue: parts.queue ?? jobs.queue,
            cache: CacheKeeper(cache: cache, monitor: monitor, session: session, files: files),
            models: library,
            locator: PhotoLocator(monitor: monitor),
            examiner: DaemonExaminer(live: live, monitor: monitor, session: session, files: files),
            configuration: keeper, logs: logs,
            rights: .ofProcess(socket: configuration.socket), logger: logger)
        let server = try await ControlServer(
            descriptor: socket, idleTime: configuration.clientIdleTime, logger: logger
        ) { line, peer in await responder.reply(to: line, from: peer) }
        logger.notice(
            "jedid \(ProductVersion.current) looks after \(configuration.root); ask it with: jedictl status --socket \(configuration.socket)"
        )
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: MonitorService(monitor: monitor)), .init(service: jobs.runner),
            .init(service: jobs.retention), .init(service: server), .init(service: reporter),
        ]
        let hangUp = HangUp.ofThisProcess(canReload: source != nil)
        if parts.heedsSignals && hangUp == .reloads {
            services.append(.init(service: await ReloadService(keeper: keeper)))
        }
        // What it says below `info` are dumps of the services.
        var groupLogger = logger
        groupLogger.logLevel = max(logger.logLevel, .info)
        let group = ServiceGroup(
            configuration: .init(
                services: services,
                // A terminal that closes ends the daemon as SIGTERM does.
                gracefulShutdownSignals: !parts.heedsSignals
                    ? [] : hangUp == .ends ? [.sigterm, .sigint, .sighup] : [.sigterm, .sigint],
                logger: groupLogger))
        parts.whenServing(group)
        try await group.run()
        logger.notice("jedid has ended")
    }

    private func keeper(
        _ live: LiveConfiguration, _ library: ModelLibrary, _ notifier: ServiceNotifier, _ work: Signal
    ) -> ConfigurationKeeper {
        var listeners = listeners
        let changeEngine = listeners.engine
        listeners.engine = { settings in
            guard await changeEngine(settings) else { return false }
            await library.configure(settings.model)
            return true
        }
        // Hours that are no longer quiet, an engine that is another one: there may be a job to begin.
        listeners.rules = { work.raise() }
        return ConfigurationKeeper(
            effective, source: source, live: live, notifier: notifier, listeners: listeners, logger: logger)
    }

    // MARK: The state folder and the socket

    private func lockStateFolder() throws -> FileLock {
        let folder = configuration.stateFolder
        do {
            try Self.makeFolders(folder)
            guard let lock = try FileLock(path: folder + "/jedid.lock") else {
                throw DaemonError.stateFolderInUse(folder)
            }
            return lock
        } catch let error as DaemonError {
            throw error
        } catch {
            throw DaemonError.stateFolder(path: folder, reason: "\(error)")
        }
    }

    private static func makeFolders(_ path: String) throws(SystemCallError) {
        if mkdir(path, 0o750) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw SystemCallError("create the folder", path)
        }
        try makeFolders(String(path[..<slash]))
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else {
            throw SystemCallError("create the folder", path)
        }
    }

    private func lockSocket() throws -> FileLock {
        let path = configuration.socket
        do {
            guard let lock = try FileLock(path: path + ".lock") else {
                throw DaemonError.socket(reason: "\(ControlSocketError.inUse(path))")
            }
            return lock
        } catch let error as SystemCallError {
            throw DaemonError.socket(reason: "\(ControlSocketError.system(error))")
        }
    }

    private func bindSocket() throws -> Int32 {
        do { return try ControlSocket.bind(configuration.socket) } catch {
            throw DaemonError.socket(reason: "\(error)")
        }
    }

    private func openStore() throws -> JobStore {
        let path = configuration.stateFolder + "/jobs.sqlite"
        do { return try StoreKeeper(path: path, logger: logger).open() } catch {
            throw DaemonError.jobStore(path: path, reason: "\(error)")
        }
    }

    private func openCache() throws -> ReferenceCache {
        let path = ReferenceCache.folder(stateFolder: configuration.stateFolder)
        do { return try ReferenceCache(folder: path, logger: logger) } catch {
            throw DaemonError.stateFolder(path: path, reason: "\(error)")
        }
    }
}

/// The monitor as one of the daemon's services.
private struct MonitorService: Service {
    let monitor: SubjectMonitor

    func run() async throws {
        try await monitor.run()
    }
}
