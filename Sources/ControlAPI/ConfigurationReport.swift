import FoundationEssentials

/// Every setting of the daemon, what it is, and who says so: what `jedictl config --effective` shows.
public struct ConfigurationReport: Codable, Sendable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    public static let schemaName = "jedi.config/1"

    /// One setting.
    public struct Entry: Codable, Sendable, Equatable {
        /// Its key in the configuration file; those of a table with a dot, as `retention.age`.
        public var key: String
        /// Its value as the configuration file would say it.
        public var value: String
        /// Who says so: `default`, `FILE:LINE`, `command line`, or `environment NAME`.
        public var origin: String

        /// All of it.
        public init(key: String, value: String, origin: String) {
            self.key = key
            self.value = value
            self.origin = origin
        }
    }

    /// Always ``schemaName``.
    public var schema: String
    /// The configuration files that were read.
    public var files: [String]
    /// Every setting that holds, in the order of the documented example.
    public var entries: [Entry]
    /// Why the last reload was refused, or what of it waits for a restart; nil where all of it holds.
    public var problem: String?
    /// When the settings were last read with success; the daemon's start, unless they were reloaded since.
    public var reloadedAt: Date

    /// A report of the present form.
    public init(files: [String], entries: [Entry], problem: String? = nil, reloadedAt: Date) {
        self.schema = Self.schemaName
        self.files = files
        self.entries = entries
        self.problem = problem
        self.reloadedAt = reloadedAt
    }
}
