import FoundationEssentials

/// Jobs: those listed, or those that a command changed or made.
public struct JobsReport: Codable, Sendable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    public static let schemaName = "jedi.jobs/1"

    /// Always ``schemaName``.
    public var schema: String
    /// When the report was made.
    public var madeAt: Date
    /// The jobs.
    public var jobs: [JobStatus]

    /// A report of the present form.
    public init(madeAt: Date, jobs: [JobStatus]) {
        self.schema = Self.schemaName
        self.madeAt = madeAt
        self.jobs = jobs
    }
}

/// Whether pictures are begun: the answer to ``ControlCommand/pause`` and ``ControlCommand/resume``.
public struct QueueReport: Codable, Sendable, Equatable {
    /// The name and version of this form.
    public static let schemaName = "jedi.queue/1"

    /// Always ``schemaName``.
    public var schema: String
    /// Whether a person has paused it.
    public var paused: Bool

    /// A report of the present form.
    public init(paused: Bool) {
        self.schema = Self.schemaName
        self.paused = paused
    }
}

/// How the picture under way looks: the answer to ``ControlCommand/preview``.
public struct PreviewReport: Codable, Sendable, Equatable {
    /// The name and version of this form.
    public static let schemaName = "jedi.preview/1"

    /// Always ``schemaName``.
    public var schema: String
    /// Steps done when it was made.
    public var step: Int
    /// Steps in all.
    public var steps: Int
    /// A PNG file.
    public var png: Data

    /// A report of the present form.
    public init(step: Int, steps: Int, png: Data) {
        self.schema = Self.schemaName
        self.step = step
        self.steps = steps
        self.png = png
    }
}

/// What the retention rules remove: the answer to ``ControlCommand/retention(dryRun:)``.
public struct RetentionReport: Codable, Sendable, Equatable {
    /// The name and version of this form.
    public static let schemaName = "jedi.retention/1"

    /// Always ``schemaName``.
    public var schema: String
    /// Whether nothing was removed yet.
    public var dryRun: Bool
    /// The pictures' paths.
    public var pictures: [String]

    /// A report of the present form.
    public init(dryRun: Bool, pictures: [String]) {
        self.schema = Self.schemaName
        self.dryRun = dryRun
        self.pictures = pictures
    }
}

/// The counters and gauges: the answer to ``ControlCommand/metrics``.
public struct MetricsReport: Codable, Sendable, Equatable {
    /// The name and version of this form.
    public static let schemaName = "jedi.metrics/1"

    /// Always ``schemaName``.
    public var schema: String
    /// In Prometheus' text form.
    public var text: String

    /// A report of the present form.
    public init(text: String) {
        self.schema = Self.schemaName
        self.text = text
    }
}
