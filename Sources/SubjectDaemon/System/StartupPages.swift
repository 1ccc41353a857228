import Glibc

/// The parts of the program and its libraries that only the start has read.
///
/// Linking, registering types and opening the store touch tens of megabytes that nothing reads again. The kernel takes
/// them back when memory is short; on a small server they need not be counted against the daemon until then.
enum StartupPages {
    /// One mapping of a file into this process.
    struct Mapping: Equatable {
        var begin: UInt
        var end: UInt
    }

    /// Lets go of them. What is still needed comes back, page by page, from the kernel's cache of files.
    static func release() {
        guard let bytes = try? FileBytes.read("/proc/self/smaps", limit: 16 << 20) else { return }
        for mapping in unchanged(in: String(decoding: bytes, as: UTF8.self)) {
            madvise(
                UnsafeMutableRawPointer(bitPattern: mapping.begin), Int(mapping.end - mapping.begin),
                MADV_DONTNEED)
        }
    }

    /// The mappings that are as their files are: read-only, and no page of them was written to before, as the linker
    /// does where it puts in addresses. Only those can be read again.
    static func unchanged(in smaps: String) -> [Mapping] {
        var found: [Mapping] = []
        var current: Mapping?
        for line in smaps.split(separator: "\n") {
            let fields = line.split(separator: " ", omittingEmptySubsequences: true)
            guard let first = fields.first else { continue }
            if first.last != ":" {
                if let current { found.append(current) }
                current = mapping(fields)
            } else if first == "Anonymous:", fields.count > 1, fields[1] != "0" {
                current = nil
            }
        }
        if let current { found.append(current) }
        return found
    }

    /// A mapping's first line: `begin-end rights offset device inode path`.
    private static func mapping(_ fields: [Substring]) -> Mapping? {
        guard fields.count >= 6, fields[1] == "r-xp" || fields[1] == "r--p", fields[5].hasPrefix("/") else {
            return nil
        }
        let range = fields[0].split(separator: "-")
        guard range.count == 2, let begin = UInt(range[0], radix: 16), let end = UInt(range[1], radix: 16),
            begin < end
        else { return nil }
        return Mapping(begin: begin, end: end)
    }
}
