/// Where the daemon's folders and its socket lie when nobody says so.
public enum SocketLocation {
    /// The state folder: systemd's, else the user's; nil for a user without a home.
    public static func stateFolder(_ environment: [String: String]) -> String? {
        if let folder = firstFolder(environment["STATE_DIRECTORY"]) { return folder }
        if let folder = absolute(environment["XDG_STATE_HOME"]) { return folder + "/jedi" }
        return absolute(environment["HOME"]).map { $0 + "/.local/state/jedi" }
    }

    /// Where a daemon makes its socket.
    public static func forDaemon(stateFolder: String, environment: [String: String]) -> String {
        if let folder = firstFolder(environment["RUNTIME_DIRECTORY"]) { return join(folder) }
        if let folder = absolute(environment["XDG_RUNTIME_DIR"]) { return join(folder) }
        return join(stateFolder)
    }

    /// Where a client looks, in this order: what it was told, else each place a daemon may have chosen.
    public static func forClient(_ explicit: String?, environment: [String: String]) -> [String] {
        if let explicit { return [explicit] }
        if let told = environment["JEDID_SOCKET"], !told.isEmpty { return [told] }
        var places: [String] = []
        if let folder = firstFolder(environment["RUNTIME_DIRECTORY"]) { places.append(join(folder)) }
        if let folder = absolute(environment["XDG_RUNTIME_DIR"]) { places.append(join(folder)) }
        if let folder = stateFolder(environment) { places.append(join(folder)) }
        places.append(join("/run/jedid"))
        return places
    }

    private static func join(_ folder: String) -> String {
        folder + (folder.hasSuffix("/") ? "" : "/") + ControlProtocol.socketName
    }

    /// systemd gives a list with colons.
    private static func firstFolder(_ list: String?) -> String? {
        absolute(list?.split(separator: ":").first.map(String.init))
    }

    private static func absolute(_ path: String?) -> String? {
        guard let path, path.hasPrefix("/") else { return nil }
        return path
    }
}
