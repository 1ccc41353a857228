import Foundation

/// A file that the user asked for: checked before the work, written whole or not at all.
enum OutputFile {
    /// Refuses a place that cannot be written before minutes are spent.
    static func check(_ path: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue
        else {
            throw CommandError("\(path) cannot be written: there is no folder \(folder). Create it first.")
        }
        guard !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || !isFolder.boolValue
        else {
            throw CommandError("\(path) is a folder. Give the name of a file in it.")
        }
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw CommandError("\(path) cannot be written: no permission in \(folder).")
        }
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandError("\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    /// `picture.png` -> `picture-2.png`
    static func numbered(_ path: String, _ number: Int) -> String {
        let url = URL(fileURLWithPath: path)
        let ending = url.pathExtension.isEmpty ? "" : ".\(url.pathExtension)"
        return "\(path.dropLast(ending.count))-\(number)\(ending)"
    }
}
