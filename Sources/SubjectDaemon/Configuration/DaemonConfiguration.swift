import ControlAPI

/// What a daemon is told at its start.
public struct DaemonConfiguration: Sendable {
    /// The folder whose folders are the subjects.
    public var root: String
    /// Where the queue, the cache and the lock lie.
    public var stateFolder: String
    /// The control socket.
    public var socket: String
    /// How long a file must have rested before it counts as written.
    public var settleTime: Duration = .seconds(2)
    /// How long a photo whose format has not ended is waited for.
    public var incompleteTime: Duration = .seconds(10)
    /// From one comparison of every folder with what is known of it to the next.
    public var reconcileInterval: Duration = .seconds(120)
    /// From one look at a folder that cannot be watched to the next.
    public var pollInterval: Duration = .seconds(10)
    /// From one try to watch a folder in spite of a spent limit to the next.
    public var watchRetryInterval: Duration = .seconds(60)
    /// From one try to the next when the disk is full or the model is missing.
    public var retryInterval: Duration = .seconds(30)
    /// How long events are gathered before they are looked at.
    public var gatherTime: Duration = .milliseconds(20)
    /// A control client that says nothing for so long is sent away.
    public var clientIdleTime: Duration = .seconds(30)
    /// Free bytes that must be left on the disk for a job to begin.
    public var freeBytesNeeded: Int64 = 64 << 20
    /// Available memory that must be left for a job to begin; nil asks the engine's own estimate.
    public var freeMemoryNeeded: Int64?
    /// How long the worker may have nothing to do before it leaves and gives its memory back.
    public var workerIdleTime: Duration = .seconds(300)
    /// When no picture is begun.
    public var quietHours: [QuietHours] = []
    /// Which pictures are removed again, unless a subject says otherwise.
    public var retention = RetentionRule()
    /// What is run when a job has ended.
    public var hooks = HookCommands()
    /// What holds where neither a prompt nor its subject says anything.
    public var defaults = PromptOptions()

    /// A daemon over that root. Paths are made absolute.
    public init(root: String, stateFolder: String, socket: String) {
        self.root = AbsolutePath.of(root)
        self.stateFolder = AbsolutePath.of(stateFolder)
        self.socket = AbsolutePath.of(socket)
    }
}
