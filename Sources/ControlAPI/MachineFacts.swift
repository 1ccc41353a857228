import Glibc

/// What a process can see of the machine that it runs on. What cannot be seen is nil.
public struct MachineFacts: Codable, Sendable, Equatable {
    /// The most folders that a user may have watched.
    public var maximumWatches: Int?
    /// The most events that the kernel keeps for a program that does not fetch them.
    public var maximumQueuedEvents: Int?
    /// Bytes.
    public var memoryTotal: Int64?
    /// Bytes that a new program could have without pushing others out.
    public var memoryAvailable: Int64?
    /// The processor's name.
    public var processor: String?
    /// Those of the processor's features that matter for speed, as the kernel calls them.
    public var processorFeatures: [String]
    /// Seconds since 1970, by the machine's clock.
    public var clock: Int64

    /// All of it.
    public init(
        maximumWatches: Int? = nil, maximumQueuedEvents: Int? = nil, memoryTotal: Int64? = nil,
        memoryAvailable: Int64? = nil, processor: String? = nil, processorFeatures: [String] = [],
        clock: Int64
    ) {
        self.maximumWatches = maximumWatches
        self.maximumQueuedEvents = maximumQueuedEvents
        self.memoryTotal = memoryTotal
        self.memoryAvailable = memoryAvailable
        self.processor = processor
        self.processorFeatures = processorFeatures
        self.clock = clock
    }

    /// The features that are looked for.
    public static let featuresOfInterest = ["avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16"]

    /// What this process sees.
    public static func read() -> MachineFacts {
        let memory = text("/proc/meminfo") ?? ""
        let processor = text("/proc/cpuinfo") ?? ""
        let flags = Set((value(of: "flags", in: processor) ?? "").split(separator: " ").map(String.init))
        return MachineFacts(
            maximumWatches: number("/proc/sys/fs/inotify/max_user_watches"),
            maximumQueuedEvents: number("/proc/sys/fs/inotify/max_queued_events"),
            memoryTotal: kibibytes("MemTotal", memory), memoryAvailable: kibibytes("MemAvailable", memory),
            processor: value(of: "model name", in: processor),
            processorFeatures: featuresOfInterest.filter(flags.contains), clock: Int64(time(nil)))
    }

    private static func number(_ path: String) -> Int? {
        text(path).flatMap { Int($0.prefix { $0.isNumber }) }
    }

    private static func kibibytes(_ key: String, _ text: String) -> Int64? {
        value(of: key, in: text).flatMap { Int64($0.prefix { $0.isNumber }) }.map { $0 << 10 }
    }

    /// The value of the first line `key: value`.
    static func value(of key: String, in text: String) -> String? {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].prefix(while: { $0 != "\t" }) == key else { continue }
            return String(parts[1].drop { $0 == " " || $0 == "\t" })
        }
        return nil
    }

    /// The beginning of a file in which the kernel tells something.
    private static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + length, $0.count - length)
            }
            if count > 0 {
                length += count
            } else if count == 0 || errno != EINTR {
                break
            }
        }
        return String(decoding: bytes[..<length], as: UTF8.self)
    }
}
