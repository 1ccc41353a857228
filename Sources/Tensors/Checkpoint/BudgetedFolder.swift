import Foundation

/// A folder of files that can be had again, which together take no more than a budget: those that were not used for longest
/// make room for new ones. Several processes may share it.
public struct BudgetedFolder {
    public let path: String
    /// What its files are called at the end, with the dot.
    public let suffix: String
    /// What all files together may take, in bytes.
    public let budget: Int64
    /// What is left free on the disk, in bytes, for what cannot be had again.
    public let leftFree: Int64

    /// What is left free where nobody says otherwise.
    public static let usualLeftFree: Int64 = 512 << 20

    /// Makes the folder if it is not there, and removes what is beyond the budget and what a process left that was killed while
    /// it wrote.
    /// - Throws: `SafetensorsError.unwritable` where the folder cannot be made.
    public init(path: String, suffix: String, budget: Int64, leftFree: Int64) throws(SafetensorsError) {
        guard mkdir(path, 0o750) == 0 || errno == EEXIST else {
            throw .unwritable(file: path, reason: String(cString: strerror(errno)))
        }
        self.path = path
        self.suffix = suffix
        self.budget = budget
        self.leftFree = leftFree
        removeLeftovers()
        _ = makeRoom(for: 0)
    }

    /// One of its files.
    public struct File: Sendable, Equatable {
        public var name: String
        public var bytes: Int64
        /// When it was read or written last, in nanoseconds.
        var used: Int64
    }

    /// A folder's files, by name.
    public static func files(in folder: String, suffix: String) -> [File] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter { $0.hasSuffix(suffix) }.compactMap { name in
            var status = stat()
            guard lstat("\(folder)/\(name)", &status) == 0 else { return nil }
            return File(
                name: name, bytes: Int64(status.st_size),
                used: Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
        }
    }

    /// Whether a file finds room.
    public enum Room: Sendable, Equatable {
        case made, beyondBudget, diskIsFull
    }

    /// Lets go of what was not used for longest, for the budget's and for the disk's sake.
    /// - Parameter inUse: names of files that stay.
    public func makeRoom(for bytes: Int64, inUse: Set<String> = []) -> Room {
        let files = Self.files(in: path, suffix: suffix)
        let staying = files.reduce(0) { $0 + (inUse.contains($1.name) ? $1.bytes : 0) }
        guard staying + bytes <= budget else { return .beyondBudget }
        var total = files.reduce(0) { $0 + $1.bytes } + bytes
        for file in files.sorted(by: { ($0.used, $0.name) < ($1.used, $1.name) })
        where !inUse.contains(file.name) && (total > budget || freeBytes - bytes < leftFree) {
            if unlink("\(path)/\(file.name)") == 0 || errno == ENOENT { total -= file.bytes }
        }
        return freeBytes - bytes >= leftFree ? .made : .diskIsFull
    }

    /// Notes that a file was used now.
    public static func touch(_ path: String) { utimensat(AT_FDCWD, path, nil, 0) }

    private var freeBytes: Int64 {
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { return .max }
        return Int64(clamping: UInt64(facts.f_bavail) &* UInt64(facts.f_frsize))
    }

    /// Nobody writes for an hour.
    private func removeLeftovers() {
        let hourAgo = time(nil) - 3600
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        where name.hasSuffix(".partial") {
            var status = stat()
            guard lstat("\(path)/\(name)", &status) == 0, status.st_mtim.tv_sec < hourAgo else { continue }
            unlink("\(path)/\(name)")
        }
    }
}
