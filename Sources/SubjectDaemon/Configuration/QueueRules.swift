import ControlAPI

/// Hours in which no picture is begun, by the machine's local time.
public struct QuietHours: Codable, Sendable, Equatable {
    /// Minutes after midnight at which they begin.
    public var begin: Int
    /// Minutes after midnight at which they end; before ``begin``, they last over midnight.
    public var end: Int

    /// Both.
    public init(begin: Int, end: Int) {
        self.begin = begin
        self.end = end
    }
}

/// Which pictures of a subject are removed again, the oldest first. Nothing is, unless a person says so.
public struct RetentionRule: Codable, Sendable, Equatable {
    /// The most pictures to keep.
    public var count: Int?
    /// The most bytes to keep.
    public var bytes: Int64?
    /// The greatest age, in seconds.
    public var age: Double?

    /// Nothing but what is named.
    public init(count: Int? = nil, bytes: Int64? = nil, age: Double? = nil) {
        self.count = count
        self.bytes = bytes
        self.age = age
    }

    /// Whether it removes nothing.
    public var isOff: Bool { count == nil && bytes == nil && age == nil }
}

/// Commands that are run when a job has ended, as argument vectors: no shell reads them.
public struct HookCommands: Codable, Sendable, Equatable {
    /// When a picture was made.
    public var done: [String]?
    /// When a job failed or is held.
    public var failed: [String]?
    /// Whether each end is also told by a small file in the state folder's `events`, which a unit of systemd can
    /// wait for.
    public var events: Bool?

    /// Nothing but what is named.
    public init(done: [String]? = nil, failed: [String]? = nil, events: Bool? = nil) {
        self.done = done
        self.failed = failed
        self.events = events
    }
}
