import Glibc

/// Who is at the other end of a control connection.
struct ControlPeer: Sendable, Equatable {
    var pid: Int32
    var user: UInt32
    var group: UInt32
    /// The other groups.
    var groups: [UInt32] = []

    /// For the log: "ada (1000), process 4711".
    var description: String {
        "\(UserName.of(user) ?? "user") (\(user)), process \(pid)"
    }
}

/// Names of users.
enum UserName {
    /// The user's name; nil where there is none.
    static func of(_ user: uid_t) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return String(cString: entry.pw_name)
    }
}
