import FoundationEssentials

/// How much memory this process may use, by the machine and by its control groups.
struct MemoryFacts: Sendable, Equatable {
    /// All that there is for it.
    var total: Int64
    /// What it can still have without anything being swapped or killed.
    var available: Int64

    /// Reads it where Linux tells.
    ///
    /// - Returns: nil where nothing can be told.
    static func read() -> MemoryFacts? {
        guard let meminfo = text("/proc/meminfo"), var facts = machine(meminfo) else { return nil }
        guard let group = text("/proc/self/cgroup").flatMap(groupPath) else { return facts }
        var path = "/sys/fs/cgroup" + group
        while path.hasPrefix("/sys/fs/cgroup/") {
            facts = facts.within(
                limits: [text(path + "/memory.max"), text(path + "/memory.high")],
                used: text(path + "/memory.current"), statistics: text(path + "/memory.stat"))
            path = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        }
        return facts
    }

    /// By /proc/meminfo.
    static func machine(_ meminfo: String) -> MemoryFacts? {
        guard let total = field("MemTotal:", in: meminfo),
            let available = field("MemAvailable:", in: meminfo)
        else { return nil }
        return MemoryFacts(total: total << 10, available: available << 10)
    }

    /// The path of the group in the one hierarchy of version 2.
    static func groupPath(_ cgroup: String) -> String? {
        cgroup.split(separator: "\n").first { $0.hasPrefix("0::/") }.map { String($0.dropFirst(3)) }
    }

    /// The same in a group: what its files say, where they are.
    func within(limits: [String?], used: String?, statistics: String?) -> MemoryFacts {
        let bounds = limits.compactMap { $0.flatMap { Int64($0.trimmingWhitespace) } }
        guard let limit = bounds.min(), let used = used.flatMap({ Int64($0.trimmingWhitespace) }) else {
            return self
        }
        // Files that are only cached make room when it is needed.
        let cached =
            (Self.field("inactive_file", in: statistics ?? "") ?? 0)
            + (Self.field("active_file", in: statistics ?? "") ?? 0)
        return MemoryFacts(
            total: min(total, limit), available: min(available, max(limit - max(used - cached, 0), 0)))
    }

    private static func field(_ name: String, in text: String) -> Int64? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count >= 2, words[0] == name { return Int64(words[1]) }
        }
        return nil
    }

    private static func text(_ path: String) -> String? {
        (try? FileBytes.read(path, limit: 64 << 10)).flatMap { $0 }.map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}

extension String {
    fileprivate var trimmingWhitespace: String { String(filter { !$0.isWhitespace }) }
}
