/// Why a client got no answer, each with what to do about it.
public enum ControlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nothing listens at any of these sockets.
    case notRunning(searched: [String])
    /// The socket is there and this user may not use it.
    case noPermission(socket: String)
    /// The two speak different versions of the protocol.
    case versionSkew(daemon: Int, daemonVersion: String?, client: Int)
    /// The daemon is there and did not answer in time.
    case timeout(socket: String, seconds: Double)
    /// The daemon refused, in its own words.
    case refused(code: String, message: String)
    /// What came back is not an answer.
    case malformed(detail: String)
    /// The system refused something else.
    case system(call: String, path: String, reason: String)

    /// Plain words, the fix included.
    public var description: String {
        switch self {
        case .notRunning(let searched):
            "jedid is not running: nothing answers at \(searched.joined(separator: ", ")). "
                + "Start it with 'sudo systemctl start jedid' or 'jedid run --root FOLDER'; "
                + "if it runs with another socket, name it with --socket or JEDID_SOCKET."
        case .noPermission(let socket):
            "no permission to use \(socket): join its group with "
                + "'sudo usermod -aG \(ControlProtocol.groupName) $USER' and log in again, or use sudo."
        case .versionSkew(let daemon, let daemonVersion, let client):
            "jedid \(daemonVersion ?? "") speaks version \(daemon) of the control protocol and this jedictl "
                + "(\(ProductVersion.current)) speaks version \(client): "
                + (daemon > client ? "update jedictl." : "restart jedid after the update.")
        case .timeout(let socket, let seconds):
            "jedid did not answer at \(socket) within \(seconds.formattedSeconds): "
                + "look at 'journalctl -u jedid' and restart it if it hangs."
        case .refused(_, let message):
            message
        case .malformed(let detail):
            "what came back is not an answer of jedid (\(detail)): is another program at this socket?"
        case .system(let call, let path, let reason):
            "\(call) failed for \(path): \(reason)."
        }
    }
}

extension Double {
    /// "5 s" or "0.5 s".
    fileprivate var formattedSeconds: String {
        self == rounded() ? "\(Int(self)) s" : "\(self) s"
    }
}
