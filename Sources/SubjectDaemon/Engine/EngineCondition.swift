/// Where an engine stands that does not live in this process.
public enum EngineCondition: Sendable, Equatable {
    /// It has not been needed yet.
    case absent
    /// It has been started and loads its model.
    case loading(pid: Int32)
    /// It holds its model.
    case ready(pid: Int32)
    /// It had nothing to do, or others needed the memory: it left, and starts again when it is needed.
    case asleep
    /// It cannot be used, for this reason.
    case unavailable(String)
}

/// What the daemon's configuration says about an engine, as of now.
public struct EngineRules: Sendable, Equatable {
    /// How long it may have nothing to do before it gives its memory back.
    public var idleTime: Duration

    /// All of it.
    public init(idleTime: Duration) {
        self.idleTime = idleTime
    }
}
