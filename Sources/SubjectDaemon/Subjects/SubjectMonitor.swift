import ControlAPI
import Glibc
import Logging
import ServiceLifecycle

/// Watches the root, keeps every subject's machine fed, and does what the machines say.
///
/// One task runs it. The state is an actor's so that `status` and the job runner can ask at any time.
actor SubjectMonitor {
    /// What is kept of a subject.
    struct Subject {
        var identity: FolderIdentity
        var machine: SubjectMachine
        /// What was found out about its photos, by name.
        var photos: [String: KnownPhoto]
        var backend = SubjectStatus.Backend.none
        var backendReason: String?
        /// Whether its files' times come from this machine's clock.
        var trustTimes = true
        /// The photos that were there when its prompt asked for others; another look is due when they change.
        var photosWhenMissed: [String]?
        /// Why its folder cannot be read.
        var problem: String?
        /// When to look though nothing was seen: a file will have settled then.
        var lookAt: Duration?
        /// When to look because nobody would tell.
        var pollAt: Duration?
        /// When to try again to watch it.
        var watchAt: Duration?
    }

    let live: LiveConfiguration
    let store: JobStore
    let files: FileThread
    let time: any TimeSource
    let logger: Logger
    private let watcher: any FolderWatching
    private let mailbox: ChangeMailbox
    private let alarm: Alarm
    let probe: any PhotoProbing
    /// Raised when there may be a job to begin.
    let work: Signal
    private let onReady: @Sendable () -> Void

    var subjects: [String: Subject] = [:]
    private(set) var links: Set<String> = []
    private var unreadableNames = 0
    private(set) var rootProblem: String?
    private(set) var rootWatchProblem: String?
    private(set) var lastReconcile: Moment?
    private(set) var lastDrift = 0
    private(set) var totalDrift = 0
    private var rootIdentity: FolderIdentity?
    private var rootWatched = false
    private var rootLookAt: Duration?
    private var nextReconcile: Duration = .zero

    init(
        live: LiveConfiguration, store: JobStore, files: FileThread, watcher: any FolderWatching,
        mailbox: ChangeMailbox, probe: any PhotoProbing, work: Signal, time: any TimeSource, logger: Logger,
        onReady: @escaping @Sendable () -> Void
    ) {
        self.live = live
        self.store = store
        self.files = files
        self.watcher = watcher
        self.mailbox = mailbox
        self.probe = probe
        self.work = work
        self.time = time
        self.logger = logger
        self.onReady = onReady
        alarm = Alarm(time: time, signal: mailbox.signals)
    }

    /// What holds now.
    var configuration: DaemonConfiguration { live.current }

    /// Watches until the end is asked for.
    func run() async throws {
        let signals = mailbox.signals
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                try await watch()
            } onGracefulShutdown: {
                signals.end()
            }
        } onCancel: {
            signals.end()
        }
        await alarm.set(nil)
        await watcher.end()
    }

    private func watch() async throws {
        rootIdentity = try await store.setting(rootSetting, as: FolderIdentity.self)
        let began = time.now.uptime
        await reconcile(countDrift: false)
        let seconds = StepCourse.tenths((time.now.uptime - began).inSeconds)
        logger.info("looked at \(subjects.count) subjects in \(seconds) s; waiting for changes")
        onReady()
        await alarm.set(earliest)
        while await mailbox.signals.wait() {
            // A burst of events is one look.
            try? await time.sleep(until: time.now.uptime + configuration.gatherTime)
            await attend(to: mailbox.take())
            await alarm.set(earliest)
        }
    }

    /// Another root is another matter, though it be served from the same state folder.
    private var rootSetting: String { "root " + configuration.root }

    private var earliest: Duration {
        var earliest = nextReconcile
        if let rootLookAt { earliest = min(earliest, rootLookAt) }
        for subject in subjects.values {
            for due in [subject.lookAt, subject.pollAt, subject.watchAt] {
                if let due { earliest = min(earliest, due) }
            }
        }
        return earliest
    }

    private func attend(to contents: ChangeMailbox.Contents) async {
        let now = time.now.uptime
        if contents.overflowed {
            logger.warning(
                """
                more changes came at once than the kernel keeps; every folder is looked at now. \
                If this comes often: sudo sysctl fs.inotify.max_queued_events=65536
                """)
        }
        for subject in contents.replan { await replan(subject) }
        let gone = contents.folders.filter(\.value.isGone).keys
        for name in gone where name != ChangeMailbox.rootKey { subjects[name]?.backend = .none }
        if gone.contains(ChangeMailbox.rootKey) { rootWatched = false }
        if contents.overflowed || nextReconcile <= now {
            await reconcile(countDrift: true, told: Set(contents.folders.keys))
            return
        }
        let rootChanged = contents.folders[ChangeMailbox.rootKey] != nil || !gone.isEmpty
        if rootChanged || rootLookAt.map({ $0 <= now }) == true { _ = await lookAtRoot() }
        guard rootProblem == nil else { return }
        let due = subjects.filter { name, subject in
            [subject.lookAt, subject.pollAt, subject.watchAt].contains { $0.map { $0 <= now } == true }
                || contents.folders[name] != nil || contents.replan.contains(name)
        }.keys
        for name in due.sorted() {
            if subjects[name]?.watchAt.map({ $0 <= now }) == true { await watchSubject(name) }
            await look(at: name, movedIn: contents.folders[name]?.movedIn ?? [])
        }
    }

    // MARK: The whole

    /// Compares every folder with what is known of it.
    private func reconcile(countDrift: Bool, told: Set<String> = []) async {
        nextReconcile = time.now.uptime + configuration.reconcileInterval
        let rootDrift = await lookAtRoot()
        guard rootProblem == nil else { return }
        var drift = told.contains(ChangeMailbox.rootKey) ? 0 : rootDrift
        for name in subjects.keys.sorted() {
            guard !mailbox.signals.isEnded else { return }
            let isWatched = subjects[name]?.backend == .inotify
            let changes = await look(at: name, movedIn: [])
            if isWatched && !told.contains(name) { drift += changes }
        }
        lastReconcile = time.now
        lastDrift = countDrift ? drift : 0
        totalDrift += lastDrift
        if lastDrift > 0 {
            logger.warning("a comparison found \(lastDrift) changes that no event had told of")
        }
    }

    /// Looks at the root, takes in subjects that came and lets go of those that went.
    ///
    /// - Returns: how many came, went or were replaced.
    private func lookAtRoot() async -> Int {
        let root = configuration.root
        let listing: RootListing
        do {
            listing = try await files.run { try FolderScanner.subjects(in: root) }
        } catch {
            let reason = (error as? SystemCallError)?.reason ?? "\(error)"
            await loseRoot(
                "the root \(root) cannot be read: \(reason); its subjects are kept until it is back")
            return 0
        }
        let remembered = (try? await store.remembersSubjects()) ?? false
        let outcome = RootReconciler.compare(
            known: subjects.mapValues(\.identity), rootBefore: rootIdentity, remembered: remembered,
            with: listing)
        guard case .available(let difference) = outcome else {
            if case .unavailable(let reason) = outcome { await loseRoot(reason) }
            return 0
        }
        await haveRoot(listing)
        for name in difference.vanished {
            logger.notice("\(name): its folder is gone; nothing kept of it is deleted")
            await watcher.unwatch(name)
            subjects[name] = nil
        }
        await add(difference.appeared, listing)
        for name in difference.replaced {
            if let identity = listing.folders[name] { subjects[name]?.identity = identity }
            subjects[name]?.backend = .none
        }
        for name in subjects.keys.sorted() where subjects[name]?.backend == SubjectStatus.Backend.none {
            await watchSubject(name)
            if !difference.appeared.contains(name) { await look(at: name, movedIn: []) }
        }
        if difference.count > 0 { work.raise() }
        return difference.count
    }

    private func loseRoot(_ reason: String) async {
        if rootProblem == nil {
            logger.error("\(reason)")
            await watcher.end()
            rootWatched = false
            for name in subjects.keys {
                subjects[name]?.backend = .none
                subjects[name]?.lookAt = nil
                subjects[name]?.pollAt = nil
                subjects[name]?.watchAt = nil
            }
        }
        rootProblem = reason
        rootLookAt = time.now.uptime + configuration.pollInterval
    }

    private func haveRoot(_ listing: RootListing) async {
        if rootProblem != nil {
            logger.notice("the root \(configuration.root) is back")
            rootProblem = nil
            work.raise()
        }
        for link in listing.links.subtracting(links) {
            logger.warning("\(link): it is a link and is not followed; put the folder itself into the root")
        }
        links = listing.links
        if listing.unreadableNames != unreadableNames {
            unreadableNames = listing.unreadableNames
            if let unreadableNamesProblem { logger.warning("\(unreadableNamesProblem)") }
        }
        if rootIdentity != listing.identity {
            rootIdentity = listing.identity
            rootWatched = false
            do { try await store.set(rootSetting, to: listing.identity) } catch {
                logger.warning("the job store does not take a note: \(error)")
            }
        }
        await watchRoot()
    }

    private func watchRoot() async {
        guard !rootWatched else { return }
        let now = time.now.uptime
        if case .remote(let kind) = FileSystemKind(of: configuration.root) {
            rootLookAt = now + configuration.pollInterval
            rootWatchProblem = "the root is on \(kind), which tells of no changes: \(pollingPhrase)"
            return
        }
        do throws(WatchError) {
            try await watcher.watch(configuration.root, as: ChangeMailbox.rootKey)
            rootWatched = true
            rootLookAt = nil
            rootWatchProblem = nil
            // What came between the look and the watch.
            mailbox.post(ChangeMailbox.rootKey, file: "", movedIn: false)
        } catch {
            let problem = "the root cannot be watched (\(error)): \(pollingPhrase)"
            if rootWatchProblem != problem { logger.error("\(problem)") }
            rootWatchProblem = problem
            rootLookAt = now + configuration.pollInterval
        }
    }

    var pollingPhrase: String {
        "it is looked at every \(Int(configuration.pollInterval.inSeconds.rounded(.up))) s"
    }

    private func add(_ names: [String], _ listing: RootListing) async {
        guard !names.isEmpty else { return }
        let remembered: [String: RememberedSubject]
        do { remembered = try await store.remembered(of: names) } catch {
            logger.error("the job store cannot be read (\(error)); tried again at the next comparison")
            return
        }
        for name in names {
            guard !mailbox.signals.isEnded else { return }
            await add(name, listing.folders[name], remembered[name] ?? RememberedSubject())
        }
    }

    // MARK: One subject

    private func add(_ name: String, _ identity: FolderIdentity?, _ remembered: RememberedSubject) async {
        guard let identity, subjectPath(name) != configuration.stateFolder else { return }
        subjects[name] = Subject(
            identity: identity,
            machine: SubjectMachine(
                patience: .init(settle: configuration.settleTime, incomplete: configuration.incompleteTime),
                handled: remembered.prompt),
            photos: remembered.photos)
        // The watch first, the look after it: what comes between is seen twice rather than never.
        await watchSubject(name)
        await look(at: name, movedIn: [])
    }

    private func watchSubject(_ name: String) async {
        let now = time.now.uptime
        subjects[name]?.watchAt = nil
        if case .remote(let kind) = FileSystemKind(of: subjectPath(name)) {
            poll(name, reason: "on \(kind), which tells of no changes: \(pollingPhrase)")
            subjects[name]?.trustTimes = false
            return
        }
        do throws(WatchError) {
            try await watcher.watch(subjectPath(name), as: name)
            if subjects[name]?.backend == .polling { logger.notice("\(name): its folder is watched again") }
            subjects[name]?.backend = .inotify
            subjects[name]?.backendReason = nil
            subjects[name]?.pollAt = nil
        } catch .missing {
            // Just gone: the root's next look says so.
        } catch {
            if subjects[name]?.backend != .polling {
                logger.error("\(name): its folder cannot be watched: \(error); until then \(pollingPhrase)")
            }
            poll(name, reason: "\(error); until then \(pollingPhrase)")
            subjects[name]?.watchAt = now + configuration.watchRetryInterval
        }
    }

    private func poll(_ name: String, reason: String) {
        subjects[name]?.backend = .polling
        subjects[name]?.backendReason = reason
        subjects[name]?.pollAt = time.now.uptime + configuration.pollInterval
    }

    func subjectPath(_ name: String) -> String { configuration.root + "/" + name }

    /// What is the matter with names that cannot even be said.
    var unreadableNamesProblem: String? {
        guard unreadableNames > 0 else { return nil }
        return "names in the root that are not UTF-8 and are not looked at: \(unreadableNames); rename them"
    }

    /// The subjects whose folders are there.
    var presentSubjects: Set<String> {
        guard rootProblem == nil else { return [] }
        return Set(subjects.filter { $0.value.problem == nil }.keys)
    }
}
