import ControlAPI
import Glibc

/// Who may change something through the control socket: root, the daemon's own user, and members of the socket's
/// group. Nobody else can open it; this is held a second time, for a socket whose file was opened to all.
struct ControlRights: Sendable, Equatable {
    /// The daemon's own user.
    var user: UInt32
    /// The group that the socket's file belongs to.
    var group: UInt32?

    /// Those of this process and of its socket.
    static func ofProcess(socket: String) -> ControlRights {
        var facts = stat()
        return ControlRights(user: geteuid(), group: stat(socket, &facts) == 0 ? facts.st_gid : nil)
    }

    /// Why that peer may not; nil if it may.
    func refusal(of peer: ControlPeer?) -> ControlFailure? {
        guard let peer else {
            return ControlFailure(
                .notPermitted, "the system does not say who you are, so nothing can be changed here.")
        }
        if peer.user == 0 || peer.user == user { return nil }
        if let group, peer.group == group || peer.groups.contains(group) { return nil }
        return ControlFailure(
            .notPermitted,
            "you may look and not change anything: join the group with "
                + "'sudo usermod -aG \(ControlProtocol.groupName) $USER' and log in again, or use sudo.")
    }
}
