/// What the daemon answers: an error, or the field that the command fills.
public struct ControlReply: Codable, Sendable, Equatable {
    /// The daemon's ``ControlProtocol/version``.
    public var version: Int
    /// The daemon's ``ProductVersion``.
    public var daemonVersion: String
    /// The request's number; 0 where the request could not be read.
    public var id: Int
    /// Why nothing was done.
    public var error: ControlFailure?
    /// The answer to ``ControlCommand/status``.
    public var status: StatusReport?
    /// The answer to everything about jobs: those listed, those changed, those made.
    public var jobs: JobsReport?
    /// The answer to ``ControlCommand/pause`` and ``ControlCommand/resume``.
    public var queue: QueueReport?
    /// The answer to ``ControlCommand/preview``.
    public var preview: PreviewReport?
    /// The answer to everything about the cache.
    public var cache: CacheReport?
    /// The answer to ``ControlCommand/listModels`` and ``ControlCommand/importModel(folder:name:)``.
    public var models: ModelsReport?
    /// The answer to ``ControlCommand/checkModel(_:)``.
    public var modelCheck: ModelCheckReport?
    /// The answer to ``ControlCommand/locate(_:)``.
    public var location: LocationReport?
    /// The answer to everything about the configuration.
    public var configuration: ConfigurationReport?
    /// The answer to ``ControlCommand/retention(dryRun:)``.
    public var retention: RetentionReport?
    /// The answer to ``ControlCommand/logs(_:)``.
    public var logs: LogReport?
    /// The answer to ``ControlCommand/metrics``.
    public var metrics: MetricsReport?
    /// The answer to ``ControlCommand/doctor``.
    public var facts: DaemonFacts?

    /// A reply to the request of that number.
    public init(id: Int, status: StatusReport? = nil, error: ControlFailure? = nil) {
        self.version = ControlProtocol.version
        self.daemonVersion = ProductVersion.current
        self.id = id
        self.status = status
        self.error = error
    }
}

/// The part of a reply that every version of the protocol can read.
public struct ControlEnvelope: Codable, Sendable {
    /// The peer's ``ControlProtocol/version``.
    public var version: Int
    /// The request's number.
    public var id: Int?
    /// The daemon's ``ProductVersion``, in replies.
    public var daemonVersion: String?
}
