import ControlAPI
import FoundationEssentials
import Glibc
import Logging
import Synchronization

/// Keeps the last lines that were logged, for `jedictl logs`.
public final class LogBuffer: Sendable {
    private struct State {
        /// A ring once it is full.
        var lines: [LogReport.Line] = []
        var count = 0
    }

    private let capacity: Int
    private let state = Mutex(State())
    /// The command that shows what is no longer here.
    private let older: String?

    /// Keeps so many lines.
    public init(capacity: Int = 1000) {
        self.capacity = capacity
        older = getenv("INVOCATION_ID") == nil ? nil : "journalctl -u jedid"
    }

    /// Keeps a line.
    func append(_ text: String, level: Logger.Level, at now: Date) {
        state.withLock { state in
            state.count += 1
            let line = LogReport.Line(
                number: state.count, at: now, level: level.rawValue, text: String(text.prefix(4096)))
            if state.lines.count < capacity {
                state.lines.append(line)
            } else {
                state.lines[(state.count - 1) % capacity] = line
            }
        }
    }

    /// The lines that are meant, the oldest first.
    func report(_ query: LogQuery) -> LogReport {
        let (lines, last) = state.withLock { state in
            let split = state.count > capacity ? state.count % capacity : 0
            return (Array(state.lines[split...] + state.lines[..<split]), state.count)
        }
        let wanted = lines.filter { $0.number > query.after ?? 0 }.suffix(max(query.limit, 0))
        return LogReport(lines: Array(wanted), last: last, pid: getpid(), older: older)
    }
}

/// Puts what is logged into a ``LogBuffer``.
public struct RecentLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    private var ownLevel: Logger.Level?
    private let threshold: LogThreshold
    private let buffer: LogBuffer

    /// A handler that keeps lines from that level on.
    public init(_ buffer: LogBuffer, threshold: LogThreshold = LogThreshold(.info)) {
        self.buffer = buffer
        self.threshold = threshold
    }

    public var logLevel: Logger.Level {
        get { ownLevel ?? threshold.level }
        set { ownLevel = newValue }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        buffer.append(
            PlainLogHandler.text(of: event, metadata: metadata), level: event.level, at: .now)
    }
}
