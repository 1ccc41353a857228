import FoundationEssentials

/// The daemon itself.
public struct DaemonStatus: Codable, Sendable, Equatable {
    /// Its ``ProductVersion``.
    public var version: String
    /// Its process number.
    public var pid: Int32
    /// When it started.
    public var startedAt: Date
    /// The folder that holds the subjects.
    public var root: String
    /// Where it keeps its queue and its cache.
    public var stateFolder: String
    /// Its control socket.
    public var socket: String
    /// Why the configuration was not read again as it stands now; nil where all of it holds.
    public var configurationProblem: String?

    /// All of it.
    public init(
        version: String, pid: Int32, startedAt: Date, root: String, stateFolder: String, socket: String,
        configurationProblem: String? = nil
    ) {
        self.version = version
        self.pid = pid
        self.startedAt = startedAt
        self.root = root
        self.stateFolder = stateFolder
        self.socket = socket
        self.configurationProblem = configurationProblem
    }
}

/// The engine and its model.
public struct EngineStatus: Codable, Sendable, Equatable {
    /// How far the engine is.
    public enum State: String, Codable, Sendable {
        /// The model has not been needed yet.
        case starting
        /// The model is being loaded.
        case loading
        /// It can make pictures.
        case ready
        /// It had nothing to do and gave its memory back; it comes again when there is something.
        case asleep
        /// It cannot; the detail says why.
        case unavailable
    }

    /// How far the engine is.
    public var state: State
    /// The model's name.
    public var model: String?
    /// The hash that names the model's weights.
    public var modelHash: String?
    /// How references are used unless a prompt says otherwise.
    public var mode: String?
    /// The size of a picture unless a prompt says otherwise, in pixels.
    public var width: Int?
    /// See ``width``.
    public var height: Int?
    /// Why it is unavailable.
    public var detail: String?
    /// The process that holds the model, while there is one.
    public var pid: Int32?
    /// Bytes of memory that this process holds.
    public var residentBytes: Int64?

    /// All of it.
    public init(
        state: State, model: String? = nil, modelHash: String? = nil, mode: String? = nil, width: Int? = nil,
        height: Int? = nil, detail: String? = nil, pid: Int32? = nil, residentBytes: Int64? = nil
    ) {
        self.state = state
        self.model = model
        self.modelHash = modelHash
        self.mode = mode
        self.width = width
        self.height = height
        self.detail = detail
        self.pid = pid
        self.residentBytes = residentBytes
    }
}

/// The watch over the root.
public struct WatchingStatus: Codable, Sendable, Equatable {
    /// False while the root is missing or cannot be read; its subjects are kept, not forgotten.
    public var rootAvailable: Bool
    /// What is the matter: a missing root, a spent watch limit with its remedy.
    public var detail: String?
    /// When every folder was last compared with what is known of it.
    public var lastReconcile: Date?
    /// How many changes that comparison found which no event had told of.
    public var lastDrift: Int
    /// The same, since the start.
    public var totalDrift: Int
    /// Seconds from one comparison to the next.
    public var reconcileSeconds: Double

    /// All of it.
    public init(
        rootAvailable: Bool, detail: String?, lastReconcile: Date?, lastDrift: Int, totalDrift: Int,
        reconcileSeconds: Double
    ) {
        self.rootAvailable = rootAvailable
        self.detail = detail
        self.lastReconcile = lastReconcile
        self.lastDrift = lastDrift
        self.totalDrift = totalDrift
        self.reconcileSeconds = reconcileSeconds
    }
}
