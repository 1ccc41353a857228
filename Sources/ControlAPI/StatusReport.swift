import FoundationEssentials

/// How the daemon and everything it looks after are: the answer to ``ControlCommand/status``.
public struct StatusReport: Codable, Sendable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    public static let schemaName = "jedi.status/1"

    /// Always ``schemaName``.
    public var schema: String
    /// When the report was made.
    public var madeAt: Date
    /// The daemon itself.
    public var daemon: DaemonStatus
    /// The engine and its model.
    public var engine: EngineStatus
    /// The watch over the root.
    public var watching: WatchingStatus
    /// The subjects, by name. Where there are very many, those that have something to tell, and some of the others.
    public var subjects: [SubjectStatus]
    /// Why no job is begun just now, where that is so: a full disk, a missing root, no model.
    public var paused: String?
    /// The job under way.
    public var running: RunningJobStatus?
    /// The first of the jobs that wait, in their order.
    public var waiting: [JobStatus]
    /// How many wait in all.
    public var waitingCount: Int
    /// What ended last, the newest first.
    public var recent: [JobStatus]
    /// How many subjects there are besides; nil from a daemon that tells of all.
    public var subjectsLeftOut: Int?

    /// A report of the present form.
    public init(
        madeAt: Date, daemon: DaemonStatus, engine: EngineStatus, watching: WatchingStatus,
        subjects: [SubjectStatus], paused: String?, running: RunningJobStatus?, waiting: [JobStatus],
        waitingCount: Int, recent: [JobStatus], subjectsLeftOut: Int? = nil
    ) {
        self.schema = Self.schemaName
        self.madeAt = madeAt
        self.daemon = daemon
        self.engine = engine
        self.watching = watching
        self.subjects = subjects
        self.paused = paused
        self.running = running
        self.waiting = waiting
        self.waitingCount = waitingCount
        self.recent = recent
        self.subjectsLeftOut = subjectsLeftOut
    }
}
