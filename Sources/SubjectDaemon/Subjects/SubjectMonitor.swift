import ControlAPI
import Logging
import ServiceLifecycle

/// Watches the root, keeps every subject's machine fed, and does what the machines say.
///
/// One task runs it. The state is an actor's so that `status` and the job runner can ask at any time; many
/// subjects are looked at in parts, so that none of these waits for long.
actor SubjectMonitor {
    let live: LiveConfiguration
    let store: JobStore
    let files: FileThread
    let time: any TimeSource
    let logger: Logger
    let watcher: any FolderWatching
    let mailbox: ChangeMailbox
    private let alarm: Alarm
    let probe: any PhotoProbing
    /// Raised when there may be a job to begin.
    let work: Signal
    private let onReady: @Sendable () -> Void

    var subjects: [String: Subject] = [:]
    /// What was found out and is not in the store yet.
    var findings = Findings()
    var defaults = RootDefaults()
    var links: Set<String> = []
    var unreadableNames = 0
    /// What holds the root, and those subjects that another file system holds.
    var kinds: (root: FileSystemKind, others: [String: FileSystemKind]) = (.local, [:])
    var rootProblem: String?
    var rootWatchProblem: String?
    var rootIdentity: FolderIdentity?
    var rootWatched = false
    var rootLookAt: Duration?
    /// Whether the last look at the root came to nothing, so that the next one is no sooner.
    var rootLookFailed = false
    private(set) var lastReconcile: Moment?
    private(set) var lastDrift = 0
    private(set) var totalDrift = 0
    private var nextReconcile: Duration = .zero
    /// Those who wait for the next look at the root.
    private var rootAwaited: [CheckedContinuation<Void, Never>] = []

    /// How many subjects are looked at in one go.
    static let part = 64

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

    /// Whether the end was asked for.
    var isEnding: Bool { mailbox.signals.isEnded }

    /// Watches until the end is asked for.
    func run() async throws {
        let signals = mailbox.signals
        defer { releaseRootAwaited() }
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
        await flush()
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
            // A burst of events is one look. What only has settled is looked at as it is.
            if mailbox.hasNews { try? await time.sleep(until: time.now.uptime + configuration.gatherTime) }
            await attend(to: mailbox.take(), mayReconcile: true)
            releaseRootAwaited()
            await alarm.set(earliest)
        }
    }

    /// Another root is another matter, though it be served from the same state folder.
    var rootSetting: String { "root " + configuration.root }

    private var earliest: Duration {
        [subjects.values.lazy.compactMap(\.nextAt).min(), rootDue].lazy.compactMap { $0 }
            .reduce(nextReconcile) { min($0, $1) }
    }

    /// When the root is to be looked at: once settings for all subjects have settled, and whenever else that was put off to.
    private var rootDue: Duration? {
        guard !rootLookFailed, rootProblem == nil,
            let settled = defaults.next(at: time.now, patience).lookAgain
        else { return rootLookAt }
        return min(settled, rootLookAt ?? settled)
    }

    var patience: SubjectMachine.Patience {
        let configuration = configuration
        return .init(settle: configuration.settleTime, incomplete: configuration.incompleteTime)
    }

    // MARK: What happens

    private func attend(to contents: ChangeMailbox.Contents, mayReconcile: Bool) async {
        if contents.overflowed {
            logger.warning(
                """
                more changes came at once than the kernel keeps; every folder is looked at now. \
                If this comes often: sudo sysctl fs.inotify.max_queued_events=65536
                """)
            nextReconcile = time.now.uptime
        }
        for subject in contents.replan { await replan(subject) }
        let news = takeIn(contents)
        let now = time.now.uptime
        if mayReconcile && nextReconcile <= now {
            await reconcile(countDrift: true, told: news.subjects, toldOfRoot: news.isRootChanged)
            return
        }
        if news.isRootChanged || rootDue.map({ $0 <= now }) == true {
            _ = await lookAtRoot(movedIn: news.rootMovedIn)
        }
        guard rootProblem == nil else { return }
        let unwatched = subjects.filter { $0.value.watchAt.map { $0 <= now } == true }.keys
        await watch(unwatched.sorted { $0.precedes($1) })
        let due = subjects.filter { name, subject in
            subject.nextAt.map { $0 <= now } == true || news.subjects.contains(name)
                || contents.replan.contains(name) || unwatched.contains(name)
        }.keys
        await look(at: due.sorted { $0.precedes($1) }, movedIn: news.movedIn)
    }

    /// What the mailbox held, by subjects.
    private struct News {
        var subjects: Set<String> = []
        var movedIn: [String: Set<String>] = [:]
        var isRootChanged = false
        var rootMovedIn: Set<String> = []
    }

    private func takeIn(_ contents: ChangeMailbox.Contents) -> News {
        var news = News()
        for (rawKey, change) in contents.folders {
            let key = FolderKey(rawValue: rawKey)
            if key.isRoot {
                news.isRootChanged = true
                news.rootMovedIn = change.movedIn
                if change.isGone { rootWatched = false }
                continue
            }
            news.subjects.insert(key.subject)
            if !change.movedIn.isEmpty {
                news.movedIn[key.subject, default: []].formUnion(change.movedIn.map(key.path(of:)))
            }
            guard change.isGone else { continue }
            if let within = key.within {
                subjects[key.subject]?.within[within] = nil
            } else {
                news.isRootChanged = true
                subjects[key.subject]?.backend = .none
            }
        }
        return news
    }

    // MARK: The whole

    /// Compares every folder with what is known of it. What happens meanwhile need not wait for the end of that.
    private func reconcile(
        countDrift: Bool, told: Set<String> = [], toldOfRoot: Bool = false
    ) async {
        nextReconcile = time.now.uptime + configuration.reconcileInterval
        let root = await lookAtRoot()
        guard rootProblem == nil else { return }
        var drift = toldOfRoot ? 0 : root.changes
        var told = told
        var rest = subjects.keys.filter { !root.looked.contains($0) }.sorted { $0.precedes($1) }[...]
        while !rest.isEmpty, !isEnding, rootProblem == nil {
            let part = Array(rest.prefix(Self.part))
            rest = rest.dropFirst(Self.part)
            let watched = part.filter { subjects[$0]?.backend == .inotify }
            let changes = await look(at: part)
            let news = mailbox.take()
            told.formUnion(news.folders.keys.map { FolderKey(rawValue: $0).subject })
            for name in watched where !told.contains(name) { drift += changes[name] ?? 0 }
            if !news.isEmpty || earliest <= time.now.uptime { await attend(to: news, mayReconcile: false) }
        }
        lastReconcile = time.now
        lastDrift = countDrift ? drift : 0
        totalDrift += lastDrift
        if lastDrift > 0 {
            logger.warning("a comparison found \(lastDrift) changes that no event had told of")
        }
    }

    // MARK: What others ask

    /// The subjects whose folders are there.
    var presentSubjects: Set<String> {
        guard rootProblem == nil else { return [] }
        return Set(subjects.lazy.filter { $0.value.problem == nil }.map(\.key))
    }

    /// Returns once the root was looked at again: whoever misses a subject's folder learns whether it has another name.
    func rootLookedAt() async {
        guard !isEnding else { return }
        await withCheckedContinuation { continuation in
            rootAwaited.append(continuation)
            mailbox.post(ChangeMailbox.rootKey, file: "", movedIn: false)
        }
    }

    private func releaseRootAwaited() {
        let awaited = rootAwaited
        rootAwaited = []
        for continuation in awaited { continuation.resume() }
    }

    /// What holds for a subject's pictures: its own settings, and the root's where it has none.
    func settings(of subject: String) -> SubjectSettings {
        subjects[subject]?.machine.settings?.over(defaults.settings) ?? defaults.settings
    }

    /// The same with the daemon's own defaults: what a prompt is read under.
    func settingsOfPrompts(of subject: String) -> SubjectSettings {
        settings(of: subject).over(configuration.defaults)
    }

    /// Keeps what was found out.
    func flush() async {
        guard !findings.isEmpty else { return }
        let found = findings
        findings = Findings()
        do { try await store.remember(found) } catch {
            logger.warning("the job store does not take what was found out about photos: \(error)")
        }
    }

    func path(of subject: String) -> String { configuration.root + "/" + subject }
}
