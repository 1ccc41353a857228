import Glibc

/// Paths from the file system's root, without what adds nothing to them.
enum AbsolutePath {
    /// The same path from the file system's root. Links stay as they are, and so does "..", which means
    /// something else behind a link.
    static func of(_ path: String) -> String {
        var whole = path
        if !path.hasPrefix("/"), let here = getcwd(nil, 0) {
            whole = String(cString: here) + "/" + path
            free(here)
        }
        return "/" + whole.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }
}
