import FoundationEssentials
import Glibc

/// Paths as the daemon must be told them.
enum Paths {
    /// From the file system's root, which is the same for the daemon.
    static func absolute(_ path: String) -> String {
        URL(filePath: path).standardized.path
    }

    /// The last name in a path.
    static func lastComponent(_ path: String) -> String {
        URL(filePath: path).lastPathComponent
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isFolder(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }
}
