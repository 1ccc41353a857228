import CLinux
import Glibc

/// Files that appear whole or not at all, and stay through a power cut.
public enum AtomicFile {
    /// Puts the file in the place of whatever had its name.
    ///
    /// - Parameter lasts: whether it is to stay through a power cut, which takes a while. What is quickly had again,
    ///   and shows when it is damaged, need not.
    public static func replace(
        _ path: String, with bytes: [UInt8], mode: mode_t = 0o644, lasts: Bool = true
    ) throws(SystemCallError) {
        let temporary = try write(bytes, beside: path, mode: mode, lasts: lasts)
        guard rename(temporary, path) == 0 else {
            let error = SystemCallError("rename", path)
            unlink(temporary)
            throw error
        }
        if lasts { try syncFolder(of: path) }
    }

    /// Gives the file its name unless another has it.
    ///
    /// - Returns: false where the name is taken; nothing is left behind then.
    static func create(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644) throws(SystemCallError)
        -> Bool
    {
        let temporary = try write(bytes, beside: path, mode: mode)
        let result = jedi_rename_without_replacing(temporary, path)
        guard result == 0 else {
            unlink(temporary)
            if result == -EEXIST { return false }
            throw SystemCallError("rename", path, -result)
        }
        try syncFolder(of: path)
        return true
    }

    /// The name under which a file is written before it has its own.
    static func temporaryName(for name: String) -> String { ".jedi-\(name).part" }

    private static func write(
        _ bytes: [UInt8], beside path: String, mode: mode_t, lasts: Bool = true
    ) throws(SystemCallError) -> String {
        let (folder, name) = split(path)
        let temporary = folder + temporaryName(for: name)
        unlink(temporary)
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw SystemCallError("create", temporary) }
        do throws(SystemCallError) {
            defer { close(descriptor) }
            try writeAll(bytes, to: descriptor, path: temporary)
            if lasts, fsync(descriptor) != 0 { throw SystemCallError("fsync", temporary) }
        } catch {
            unlink(temporary)
            throw error
        }
        return temporary
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemCallError)
    {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw SystemCallError("write", path)
            }
        }
    }

    /// Has the names in the folder that holds the file on the disk.
    static func syncFolder(of path: String) throws(SystemCallError) {
        let folder = split(path).folder
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemCallError("open", folder) }
        defer { close(descriptor) }
        // Some network file systems cannot sync a folder; there is nothing better to do on them.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemCallError("fsync", folder) }
    }

    /// The folder with its slash, and the name.
    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[...slash]), String(path[path.index(after: slash)...]))
    }
}
