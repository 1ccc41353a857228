import Glibc

/// Which folder it is, whatever its name.
struct FolderIdentity: Codable, Sendable, Hashable {
    var device: UInt64
    var inode: UInt64
    /// When it was made, in nanoseconds since 1970: a folder that gets a deleted one's number is told from it by
    /// this. 0 where the file system does not say.
    var born: Int64 = 0

    /// What of it lasts. A disk may have another device number at each mount, and so that counts only where
    /// there is nothing better.
    struct Mark: Sendable, Hashable {
        fileprivate var device: UInt64
        fileprivate var inode: UInt64
        fileprivate var born: Int64
    }

    /// The same for the same folder, wherever its disk is mounted.
    var mark: Mark { Mark(device: born == 0 ? device : 0, inode: inode, born: born) }
}

extension FolderIdentity {
    init(_ facts: stat, born: Int64) {
        self.init(device: UInt64(facts.st_dev), inode: UInt64(facts.st_ino), born: born)
    }
}
