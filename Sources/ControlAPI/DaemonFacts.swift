/// What only the daemon can see of the machine and of itself: the answer to ``ControlCommand/doctor``.
public struct DaemonFacts: Codable, Sendable, Equatable {
    /// A folder as the daemon's user sees it.
    public struct Folder: Codable, Sendable, Equatable {
        /// Its path.
        public var path: String
        /// Whether the daemon can list it and open what is in it.
        public var readable: Bool
        /// Whether the daemon can make files in it.
        public var writable: Bool
        /// Why not, in the system's words.
        public var reason: String?
        /// Bytes left on its disk.
        public var freeBytes: Int64?

        /// All of it.
        public init(
            path: String, readable: Bool, writable: Bool, reason: String? = nil, freeBytes: Int64? = nil
        ) {
            self.path = path
            self.readable = readable
            self.writable = writable
            self.reason = reason
            self.freeBytes = freeBytes
        }
    }

    /// The machine, as the daemon sees it.
    public var machine: MachineFacts
    /// The name of the user that the daemon runs as.
    public var user: String
    /// Whether systemd started it.
    public var runsUnderSystemd: Bool
    /// The folder that holds the subjects.
    public var root: Folder
    /// Where the queue and the cache lie.
    public var stateFolder: Folder
    /// Those folders of subjects, or in them for pictures, into which nothing can be written.
    public var unwritable: [Folder]
    /// How many folders are to be watched.
    public var folders: Int
    /// How many of them are looked at from time to time because the kernel cannot watch them.
    public var polledFolders: Int
    /// The first of the reasons why.
    public var pollingReason: String?
    /// Bytes that must be left on a disk for a picture to begin.
    public var freeBytesNeeded: Int64
    /// The engine and its model.
    public var engine: EngineStatus
    /// Bytes that a picture needs, where the engine can tell.
    public var memoryNeeded: Int64?
    /// The most memory that the daemon's service may take.
    public var memoryLimit: Int64?
    /// Whether the program was built with oneDNN.
    public var oneDNN: Bool
    /// Why the last reload was refused, or what of it waits for a restart.
    public var configurationProblem: String?
    /// Whether the machine's clock is set by another; nil where that cannot be told.
    public var clockIsSet: Bool?

    /// All of it.
    public init(
        machine: MachineFacts, user: String, runsUnderSystemd: Bool, root: Folder, stateFolder: Folder,
        unwritable: [Folder] = [], folders: Int, polledFolders: Int = 0, pollingReason: String? = nil,
        freeBytesNeeded: Int64, engine: EngineStatus, memoryNeeded: Int64? = nil, memoryLimit: Int64? = nil,
        oneDNN: Bool, configurationProblem: String? = nil, clockIsSet: Bool? = nil
    ) {
        self.machine = machine
        self.user = user
        self.runsUnderSystemd = runsUnderSystemd
        self.root = root
        self.stateFolder = stateFolder
        self.unwritable = unwritable
        self.folders = folders
        self.polledFolders = polledFolders
        self.pollingReason = pollingReason
        self.freeBytesNeeded = freeBytesNeeded
        self.engine = engine
        self.memoryNeeded = memoryNeeded
        self.memoryLimit = memoryLimit
        self.oneDNN = oneDNN
        self.configurationProblem = configurationProblem
        self.clockIsSet = clockIsSet
    }
}
