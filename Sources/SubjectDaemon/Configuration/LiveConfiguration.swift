import Synchronization

/// What holds now. A reload puts another in its place, and whoever asks next gets that.
final class LiveConfiguration: Sendable {
    private let value: Mutex<DaemonConfiguration>

    init(_ configuration: DaemonConfiguration) {
        value = Mutex(configuration)
    }

    /// The configuration as of now. Read once for what belongs together.
    var current: DaemonConfiguration { value.withLock { $0 } }

    /// From now on this one holds. Root, state folder and socket stay what they were at the start.
    func replace(_ configuration: DaemonConfiguration) {
        value.withLock { value in
            var new = configuration
            new.root = value.root
            new.stateFolder = value.stateFolder
            new.socket = value.socket
            value = new
        }
    }
}
