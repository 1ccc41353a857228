import FoundationEssentials
import Glibc
import Logging

/// One line a message on standard error.
///
/// A terminal or a file gets the time in front; systemd's journal keeps the time itself and gets the level
/// as the prefix it reads.
public struct PlainLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    private var ownLevel: Logger.Level?
    private let threshold: LogThreshold
    private let forJournal: Bool

    /// A handler for this process's standard error.
    public init(level: Logger.Level = .info) {
        self.init(threshold: LogThreshold(level))
    }

    /// A handler that goes by a level which may change.
    public init(threshold: LogThreshold) {
        self.threshold = threshold
        forJournal = Self.standardErrorIsJournal()
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
        let text = Self.text(of: event, metadata: metadata)
        let prefix = forJournal ? "<\(event.level.journalPriority)>" : "\(Self.time()) \(event.level.word) "
        let bytes = Array("\(prefix)\(text)\n".utf8)
        // One call, so that lines of several threads do not mix.
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress!, $0.count) }
    }

    /// The message and what belongs to it, on one line.
    static func text(of event: LogEvent, metadata: Logger.Metadata) -> String {
        let pairs = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        return oneLine("\(event.message)" + pairs.map { " \($0.key)=\($0.value)" }.joined())
    }

    private static func time() -> String {
        Date().formatted(.iso8601)
    }

    /// File names and prompts come from people: none of them may forge a line or steer a terminal.
    static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
        else {
            return text
        }
        return String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : $0 }))
    }

    /// systemd names the device and inode of the stream it gave; another program may have redirected it since.
    private static func standardErrorIsJournal() -> Bool {
        guard let stream = getenv("JOURNAL_STREAM") else { return false }
        var facts = stat()
        guard fstat(STDERR_FILENO, &facts) == 0 else { return false }
        return String(cString: stream) == "\(facts.st_dev):\(facts.st_ino)"
    }
}

extension Logger.Level {
    fileprivate var word: String {
        switch self {
        case .trace, .debug: "debug  "
        case .info, .notice: "info   "
        case .warning: "warning"
        case .error, .critical: "error  "
        }
    }

    /// As in syslog(3).
    fileprivate var journalPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
