import FoundationEssentials

/// Which of the daemon's log lines are meant.
public struct LogQuery: Codable, Sendable, Equatable {
    /// Only lines after that one.
    public var after: Int?
    /// The most to give, the newest ones.
    public var limit: Int

    /// Those named.
    public init(after: Int? = nil, limit: Int = 50) {
        self.after = after
        self.limit = limit
    }
}

/// What the daemon logged last: the answer to ``ControlCommand/logs(_:)``.
public struct LogReport: Codable, Sendable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    public static let schemaName = "jedi.logs/1"

    /// One line.
    public struct Line: Codable, Sendable, Equatable {
        /// Counted from the daemon's start, from 1.
        public var number: Int
        /// When it was logged.
        public var at: Date
        /// "debug", "info", "notice", "warning", "error" or "critical".
        public var level: String
        /// What was said.
        public var text: String

        /// All of it.
        public init(number: Int, at: Date, level: String, text: String) {
            self.number = number
            self.at = at
            self.level = level
            self.text = text
        }
    }

    /// Always ``schemaName``.
    public var schema: String
    /// The lines, the oldest first.
    public var lines: [Line]
    /// The number of the newest line there is; 0 before the first.
    public var last: Int
    /// The daemon's process: another one counts its lines from 1 again.
    public var pid: Int32
    /// The command that shows older lines, where the system keeps them.
    public var older: String?

    /// A report of the present form.
    public init(lines: [Line], last: Int, pid: Int32, older: String? = nil) {
        self.schema = Self.schemaName
        self.lines = lines
        self.last = last
        self.pid = pid
        self.older = older
    }
}
