import FoundationEssentials
import Glibc

extension ReferenceCache {
    /// One file of the cache, by what its first line says.
    struct Entry: Sendable, Equatable {
        /// The file's name.
        var name: String
        /// What it is good for; nil where the first line cannot be read.
        var key: ReferenceKey?
        /// What it takes on the disk.
        var bytes: Int64
    }

    /// What is kept, by name. Reads the files' first lines only.
    func entries() -> [Entry] {
        names.compactMap { name in
            var facts = stat()
            guard lstat(folder + "/" + name, &facts) == 0 else { return nil }
            return Entry(
                name: name, key: CachedReference.key(inFile: folder + "/" + name),
                bytes: Int64(facts.st_blocks) * 512)
        }
    }

    /// Removes those files.
    ///
    /// - Returns: how many are gone now that were there.
    func remove(_ names: [String]) -> Int {
        names.count { name in
            guard unlink(folder + "/" + name) == 0 else { return false }
            forget(name)
            return true
        }
    }

    /// Reads a whole file and drops it unless it is what was written into it.
    ///
    /// - Returns: whether it is sound.
    func verify(_ entry: Entry) -> Bool {
        guard let key = entry.key else {
            _ = remove([entry.name])
            return false
        }
        return load(key) != nil
    }
}

extension CachedReference {
    /// Longer first lines are no headers.
    private static let maximumHeaderBytes = 4096

    /// The key in a file's first line; nil where there is none.
    static func key(inFile path: String) -> ReferenceKey? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: maximumHeaderBytes)
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress!, $0.count) }
        guard count > 0, let end = bytes[..<count].firstIndex(of: lineEnd) else { return nil }
        return header(bytes[..<end])?.key
    }
}
