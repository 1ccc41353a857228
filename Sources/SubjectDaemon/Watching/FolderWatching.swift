import Glibc

/// Tells a mailbox of what happens in folders.
protocol FolderWatching: Sendable {
    /// Begins to watch the folder. What happens in it is posted under the key.
    func watch(_ folder: String, as key: String) async throws(WatchError)
    /// Begins to watch many. The answers are in the same order: what is in the way, or nothing.
    func watch(_ folders: [FolderToWatch]) async -> [WatchError?]
    /// Ends the watch of that key.
    func unwatch(_ key: String) async
    /// Ends every watch.
    func end() async
}

/// A folder and the key under which its changes are told.
struct FolderToWatch: Sendable, Equatable {
    var path: String
    var key: String
}

extension FolderWatching {
    func watch(_ folders: [FolderToWatch]) async -> [WatchError?] {
        var answers: [WatchError?] = []
        for folder in folders {
            do throws(WatchError) {
                try await watch(folder.path, as: folder.key)
                answers.append(nil)
            } catch {
                answers.append(error)
            }
        }
        return answers
    }
}

/// Why a folder cannot be watched.
enum WatchError: Error, Equatable, CustomStringConvertible {
    /// The system allows no more watches, or no more watchers, to this user.
    case limitReached(setting: String, value: Int?)
    /// The folder is not there, or is a link.
    case missing
    /// The system refused.
    case system(SystemCallError)

    init(_ error: SystemCallError) {
        switch error.number {
        case ENOSPC:
            self = .limitReached(
                setting: "fs.inotify.max_user_watches", value: Self.setting("max_user_watches"))
        case EMFILE:
            self = .limitReached(
                setting: "fs.inotify.max_user_instances", value: Self.setting("max_user_instances"))
        case ENOENT, ENOTDIR, ELOOP: self = .missing
        default: self = .system(error)
        }
    }

    var description: String {
        switch self {
        case .limitReached(let setting, let value):
            "the system's limit \(setting)\(value.map { " of \($0)" } ?? "") is reached; raise it with "
                + "'sudo sysctl \(setting)=\(max((value ?? 0) * 2, 1024))'"
        case .missing: "the folder is not there"
        case .system(let error): "\(error)"
        }
    }

    private static func setting(_ name: String) -> Int? {
        guard let bytes = try? FileBytes.read("/proc/sys/fs/inotify/\(name)", limit: 64) else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self).filter(\.isNumber))
    }
}
