import Glibc

/// Room on a disk.
enum DiskSpace {
    /// Bytes that this user may still write where the folder lies; nil where that cannot be told.
    static func free(at folder: String) -> Int64? {
        var facts = statvfs()
        guard statvfs(folder, &facts) == 0 else { return nil }
        let (bytes, overflow) = UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }
}
