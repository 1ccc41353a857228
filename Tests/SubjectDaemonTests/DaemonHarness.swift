import ControlAPI
import DaemonTestSupport
import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import Testing

@testable import SubjectDaemon

/// A whole daemon over a folder of its own: real disk, real inotify, real SQLite, real socket, fake engine.
final class DaemonHarness: Sendable {
    let folder: TestFolder
    let engine: FakeEngine
    private let configuration: DaemonConfiguration
    private let group = Mutex<ServiceGroup?>(nil)
    private let control = Mutex<(any QueueControl)?>(nil)
    private let running = Mutex<Task<Void, any Error>?>(nil)

    /// - Parameter folder: that of an earlier daemon, to go on where it ended.
    init(
        folder: TestFolder? = nil, engine: FakeEngine = FakeEngine(),
        change: (inout DaemonConfiguration) -> Void = { _ in }
    ) throws {
        let folder = try folder ?? TestFolder()
        try folder.makeFolder("root")
        self.folder = folder
        self.engine = engine
        var configuration = DaemonConfiguration(
            root: folder("root"), stateFolder: folder("state"), socket: folder("jedid.sock"))
        configuration.settleTime = .milliseconds(60)
        configuration.incompleteTime = .milliseconds(200)
        configuration.gatherTime = .milliseconds(2)
        configuration.pollInterval = .milliseconds(100)
        configuration.watchRetryInterval = .milliseconds(100)
        configuration.retryInterval = .milliseconds(100)
        change(&configuration)
        self.configuration = configuration
    }

    /// Starts it and waits until it is ready.
    func start(_ change: (inout SubjectDaemon.Parts) -> Void = { _ in }) async throws {
        var parts = SubjectDaemon.Parts()
        parts.heedsSignals = false
        // What the machine has left decides no test.
        parts.memory = { nil }
        parts.whenQueued = { [self] queue in control.withLock { $0 = queue } }
        parts.whenServing = { [self] group in self.group.withLock { $0 = group } }
        change(&parts)
        let ready = Signal()
        var logger = Logger(label: "test") { _ in PlainLogHandler(level: .critical) }
        logger.logLevel = ProcessInfo.processInfo.environment["JEDI_TEST_LOG"] == nil ? .critical : .debug
        if logger.logLevel == .debug {
            logger = Logger(label: "test") { _ in PlainLogHandler(level: .debug) }
        }
        let daemon = SubjectDaemon(configuration: configuration, engine: engine, logger: logger)
        let task = Task { [parts] in
            defer { ready.end() }
            try await daemon.run(parts: parts) { ready.raise() }
        }
        running.withLock { $0 = task }
        if await !ready.wait() { try await task.value }
    }

    /// Ends it as SIGTERM does.
    func stop() async throws {
        let group = group.withLock { $0 }
        await group?.triggerGracefulShutdown()
        try await running.withLock { $0 }?.value
        running.withLock { $0 = nil }
    }

    /// Ends it without letting it put its things in order.
    func crash() async {
        let task = running.withLock { $0 }
        task?.cancel()
        _ = await task?.result
        running.withLock { $0 = nil }
    }

    /// Asks it over its socket.
    var client: ControlClient { ControlClient(sockets: [configuration.socket], timeout: 60) }

    func status() async throws -> StatusReport {
        let client = client
        return try await onThread { try client.status() }
    }

    /// Its queue, as the control socket has it.
    var queue: any QueueControl {
        get throws { try #require(control.withLock { $0 }) }
    }

    func subject(_ name: String) async throws -> SubjectStatus? {
        try await status().subjects.first { $0.name == name }
    }

    // MARK: The subjects' files

    func addSubject(_ name: String, photos: [UInt8]) throws {
        try folder.makeFolder("root/\(name)")
        for photo in photos { try addPhoto(photo, to: name) }
    }

    func addPhoto(_ number: UInt8, to subject: String, as name: String? = nil) throws {
        try folder.write("root/\(subject)/\(name ?? "photo\(number).png")", try TestPhoto.png(number))
    }

    func prompt(_ subject: String, _ text: String) throws {
        try folder.write("root/\(subject)/prompt.txt", text)
    }

    /// The names of a subject's pictures.
    func pictures(_ subject: String) -> [String] {
        folder.names("root/\(subject)/output").filter { $0.hasSuffix(".png") && !$0.hasPrefix(".") }
    }

    func hasPictures(_ count: Int, _ subject: String) async -> Bool {
        await eventually { self.pictures(subject).count == count }
    }

    /// Whether everything that was asked for has ended.
    func isIdle() async throws -> Bool {
        try await eventually {
            let status = try await self.status()
            return status.running == nil && status.waitingCount == 0
                && !status.subjects.contains { $0.state == .settling }
        }
    }
}
