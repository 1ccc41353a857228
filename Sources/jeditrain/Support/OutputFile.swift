import Foundation

/// Files that a command writes at its end.
enum OutputFile {
    /// Refuses places that cannot be written before the work.
    static func check(_ path: String) throws {
        guard !path.isEmpty else { throw CommandError("The name of a file to write is empty.") }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandError("\(path) cannot be written: there is no folder \(folder). Create it first.")
        }
        guard stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandError("\(path) is a folder. Give the name of a file.")
        }
    }

    static func write(_ data: Data, to path: String) throws {
        do { try data.write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw CommandError("\(path) cannot be written: \(error.localizedDescription).")
        }
    }
}
