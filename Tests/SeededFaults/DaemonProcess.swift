import ControlAPI
import Foundation
import Synchronization

/// A daemon as a process of its own, over a world.
public final class DaemonProcess {
    /// Which daemon.
    public enum Kind: Sendable, Equatable {
        /// `jedid run` with the model that it brings.
        case real
        /// The same daemon over an engine that costs nothing, its times divided by `haste`.
        case fake(stepMilliseconds: Int, haste: Double)
    }

    public let world: World
    /// The daemon's queue, cache and socket.
    public var state: String { world.place + "/state" }
    public var store: String { state + "/jobs.sqlite" }
    public var log: String { world.place + "/jedid.log" }
    private let process = Process()
    private var endedByUs = false

    /// Starts it.
    /// - Parameters:
    ///   - programs: the folder of the programs.
    ///   - arguments: what the real daemon is told besides.
    ///   - environment: what it gets besides this process's own.
    public init(
        _ kind: Kind, _ world: World, programs: String, arguments: [String] = [],
        environment: [String: String] = [:]
    ) throws {
        self.world = world
        var variables = ProcessInfo.processInfo.environment
        variables["SWIFT_BACKTRACE"] = "enable=no"
        switch kind {
        case .real:
            process.executableURL = URL(filePath: programs + "/jedid")
            process.arguments =
                [
                    "run", "--root", world.root, "--state", state, "--socket", state + "/jedid.sock",
                ] + arguments
        case .fake(let step, let haste):
            process.executableURL = URL(filePath: programs + "/fakejedid")
            process.arguments = [world.root, state, world.place + "/engine.log", String(step)]
            variables["JEDI_FAKE_HASTE"] = String(haste)
        }
        process.environment = variables.merging(environment) { $1 }
        if !FileManager.default.fileExists(atPath: log) {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(filePath: log))
        try handle.seekToEnd()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = handle
        try process.run()
    }

    deinit {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }

    public var pid: pid_t { process.processIdentifier }
    public var isRunning: Bool { process.isRunning }
    public var client: ControlClient { ControlClient(sockets: [state + "/jedid.sock"], timeout: 120) }

    /// The end of what it said.
    public var lastWords: String { lastWords(3) }

    public func lastWords(_ lines: Int) -> String {
        let text = FileManager.default.contents(atPath: log).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return text.split(separator: "\n").suffix(lines).joined(separator: " | ")
    }

    /// How it ended by itself; nil while it runs, and where it was ended from here.
    public var death: String? {
        guard !process.isRunning, !endedByUs else { return nil }
        let how = process.terminationReason == .exit ? "exit status" : "signal"
        return "\(how) \(process.terminationStatus): \(lastWords)"
    }

    /// Whether it ended by a signal that came from itself: a crash, as against a refusal to start.
    public var crashed: Bool {
        !process.isRunning && !endedByUs && process.terminationReason == .uncaughtSignal
    }

    /// The worker that holds the model, if there is one just now.
    public var worker: pid_t? {
        ProcessFacts.children(of: pid).first { ProcessFacts.arguments($0).contains("worker") }
    }

    /// Ends it as a power cut does.
    public func kill9() {
        guard process.isRunning else { return }
        endedByUs = true
        Foundation.kill(pid, SIGKILL)
        process.waitUntilExit()
    }

    /// Ends it as systemd does.
    /// - Returns: its exit status.
    @discardableResult
    public func terminate() -> Int32 {
        guard process.isRunning else { return process.terminationStatus }
        endedByUs = true
        Foundation.kill(pid, SIGTERM)
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// Waits until it answers.
    public func waitUntilReady() throws {
        try wait("an answer") { (try? self.client.status()) != nil }
    }

    /// Waits until nothing is left to do: files have settled, and no job waits or runs.
    /// - Parameter pause: between two looks; five in a row must find it at rest.
    public func waitUntilIdle(limit: Duration = .seconds(1200), pause: Duration = .milliseconds(50)) throws {
        var still = 0
        try wait("rest", limit: limit, pause: pause) {
            guard let status = try? self.client.status() else { return false }
            // A daemon answers before it has looked at everything.
            let isComplete =
                status.watching.lastReconcile != nil
                && Set(self.world.wishes.keys).isSubset(of: status.subjects.map(\.name))
            let busy =
                !isComplete || status.subjects.contains { $0.state == .settling || $0.state == .working }
            let isIdle = status.running == nil && status.waitingCount == 0 && !busy
            still = isIdle ? still + 1 : 0
            // Between a file's arrival and the event that tells of it there is nothing to be seen.
            return still >= 5
        }
    }

    /// Waits for something that comes by itself. The limit only ends a run that has failed.
    public func wait(
        _ what: String, limit: Duration = .seconds(300), pause: Duration = .milliseconds(50),
        _ condition: () throws -> Bool
    ) throws {
        let end = ContinuousClock.now + limit
        while try !condition() {
            if let death { throw FaultError("the daemon ended while \(what) was awaited: \(death)") }
            guard ContinuousClock.now < end else {
                throw FaultError(
                    "\(what) did not come within \(limit); the daemon's last words: \(lastWords)")
            }
            rest(pause)
        }
    }
}

/// What the kernel says of processes.
public enum ProcessFacts {
    public static func children(of parent: pid_t) -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
            .filter { pid in
                // pid (name) state parent ...; the name may hold anything.
                let stat = read("/proc/\(pid)/stat")
                guard let end = stat.lastIndex(of: ")") else { return false }
                return stat[end...].split(separator: " ").dropFirst(2).first.flatMap { pid_t($0) } == parent
            }
    }

    public static func arguments(_ pid: pid_t) -> [String] {
        read("/proc/\(pid)/cmdline").split(separator: "\0").map(String.init)
    }

    /// Memory that is the process's own, in KiB.
    public static func anonymousMemory(_ pid: pid_t) -> Int? {
        read("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
            .flatMap { Int($0.filter(\.isNumber)) }
    }

    /// How many files it has open.
    public static func openFiles(_ pid: pid_t) -> Int? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd"))?.count
    }

    private static func read(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
