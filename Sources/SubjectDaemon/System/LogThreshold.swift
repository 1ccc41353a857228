import Logging
import Synchronization

/// The least grave messages that are written, for all of a process's loggers at once. It can change at any time.
public final class LogThreshold: Sendable {
    private let value: Mutex<Logger.Level>

    /// A threshold of that level.
    public init(_ level: Logger.Level) {
        value = Mutex(level)
    }

    /// The level as of now.
    public var level: Logger.Level {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
