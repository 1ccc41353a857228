import Foundation

/// Files and folders that appear whole or not at all, and stay through a power cut.
enum DurableFile {
    /// Puts a file in the place of whatever had its name.
    static func write(_ bytes: some Collection<UInt8>, to path: String) throws(CollageError) {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        let temporary = "\(folder)/.\(url.lastPathComponent).partial"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw .system(temporary) }
        var (rest, failed) = (Array(bytes)[...], false)
        while !rest.isEmpty, !failed {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else { failed = errno != EINTR }
        }
        if !failed { failed = fsync(descriptor) != 0 }
        let error = CollageError.system(path)
        close(descriptor)
        guard !failed else {
            unlink(temporary)
            throw error
        }
        try rename(temporary, to: path)
    }

    /// Gives a file or a folder its name. A folder takes the place of nothing but an empty one.
    static func rename(_ source: String, to path: String) throws(CollageError) {
        guard Glibc.rename(source, path) == 0 else { throw .system(path) }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(folder) }
        defer { close(descriptor) }
        // Some network file systems cannot sync a folder; there is nothing better to do on them.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .system(folder) }
    }

    static func makeFolder(_ path: String) throws(CollageError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch { throw .unwritable(path: path, reason: error.localizedDescription) }
    }

    static func remove(_ path: String) { try? FileManager.default.removeItem(atPath: path) }
}
