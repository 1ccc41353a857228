import FoundationEssentials

/// What the kernel tells about processes that wait for memory (PSI), of the machine and of this service alone.
enum MemoryPressure {
    /// Percent of the last ten seconds in which something waited; the worse of the two. Nil where it is not told.
    static func now() -> Double? {
        let files = ["/proc/pressure/memory"] + (ownGroup().map { [$0 + "/memory.pressure"] } ?? [])
        return files.compactMap { read($0).flatMap(average) }.max()
    }

    /// `some avg10=1.25 avg60=...` -> 1.25
    static func average(_ text: String) -> Double? {
        for line in text.split(separator: "\n") where line.hasPrefix("some ") {
            for field in line.split(separator: " ") where field.hasPrefix("avg10=") {
                return Double(field.dropFirst(6))
            }
        }
        return nil
    }

    /// The folder of the control group that `/proc/self/cgroup` names in the unified hierarchy.
    static func group(_ text: String) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix("0::/") {
            let path = line.dropFirst(3)
            return path.contains("..") ? nil : "/sys/fs/cgroup" + (path == "/" ? "" : path)
        }
        return nil
    }

    private static func ownGroup() -> String? {
        read("/proc/self/cgroup").flatMap(group)
    }

    private static func read(_ path: String) -> String? {
        (try? FileBytes.read(path, limit: 64 << 10)).flatMap { $0 }.map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}
