/// When a worker that has nothing to do leaves.
struct IdlePolicy: Sendable {
    /// Why it leaves.
    enum Reason: Sendable, Equatable {
        case idle
        case pressure
    }

    /// How often it is to be looked at while it has nothing to do.
    static let interval: Duration = .seconds(5)
    /// Percent of the last ten seconds in which something waited for memory.
    private static let pressureLimit = 10.0
    /// One look may have caught a moment; two are a state.
    private static let looksUnderPressure = 2

    private let idleSince: Duration
    private var underPressure = 0

    /// It has nothing to do from now on.
    init(at now: Duration) {
        idleSince = now
    }

    /// When to look next.
    func nextLook(at now: Duration, idleTime: Duration) -> Duration {
        min(now + Self.interval, max(idleSince + idleTime, now + .milliseconds(10)))
    }

    /// Whether it leaves now.
    ///
    /// - Parameter pressure: percent of the last ten seconds in which something waited for memory, where that is known.
    mutating func look(at now: Duration, idleTime: Duration, pressure: Double?) -> Reason? {
        underPressure = (pressure ?? 0) >= Self.pressureLimit ? underPressure + 1 : 0
        if underPressure >= Self.looksUnderPressure { return .pressure }
        return now - idleSince >= idleTime ? .idle : nil
    }
}
