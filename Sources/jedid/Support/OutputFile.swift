import Foundation
import SubjectDaemon

/// A file that the user asked for: checked before the work, written whole or not at all.
enum OutputFile {
    /// Refuses places that cannot be written before minutes are spent.
    static func check(_ paths: [String]) throws {
        var seen: Set<String> = []
        for path in paths {
            try check(path)
            guard seen.insert(URL(fileURLWithPath: path).standardizedFileURL.path).inserted else {
                throw CommandError("\(path) is named twice. Give each file a name of its own.")
            }
        }
        for folder in Set(paths.map(folder)) { try checkThatFilesCanBeMade(in: folder) }
    }

    private static func check(_ path: String) throws {
        guard !path.isEmpty else { throw CommandError("The name of the file to write is empty.") }
        let folder = folder(of: path)
        var status = stat()
        guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandError("\(path) cannot be written: there is no folder \(folder). Create it first.")
        }
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw CommandError("\(path) cannot be written: \(String(cString: strerror(errno))).")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw CommandError("\(path) is a folder. Give the name of a file in it.")
        // The file takes the place of what has its name: a device would be gone.
        default: throw CommandError("\(path) is a device or a pipe. Give the name of a file.")
        }
    }

    /// By making one: permission bits do not tell everything.
    private static func checkThatFilesCanBeMade(in folder: String) throws {
        let probe = "\(folder)/.jedid-\(UInt32.random(in: 0 ... .max)).part"
        let descriptor = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw CommandError("Nothing can be written in \(folder): \(String(cString: strerror(errno))).")
        }
        close(descriptor)
        unlink(probe)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        do { try AtomicFile.replace(path, with: bytes, mode: 0o666) } catch {
            throw CommandError("\(path) cannot be written: \(error.reason).")
        }
    }

    /// `picture.png` -> `picture-2.png`
    static func numbered(_ path: String, _ number: Int) -> String {
        let url = URL(fileURLWithPath: path)
        let ending = url.pathExtension.isEmpty ? "" : ".\(url.pathExtension)"
        return "\(path.dropLast(ending.count))-\(number)\(ending)"
    }

    private static func folder(of path: String) -> String {
        URL(fileURLWithPath: path).deletingLastPathComponent().path
    }
}
