import Glibc
import Logging
import Synchronization

/// Tells of jobs that ended: runs the commands of the configuration, one after another, and writes event files.
///
/// Whatever a command does, it holds up no job, and its failure is a warning and nothing else.
final class HookRunner: Sendable {
    private struct State {
        var waiting = 0
        var isEnded = false
    }

    private let live: LiveConfiguration
    private let counters: RunCounters
    private let logger: Logger
    private let thread = FileThread(threads: 1)
    private let events: EventFolder
    private let state = Mutex(State())
    private let timeLimit: Duration

    /// More are not kept waiting behind a slow command.
    private static let mostWaiting = 100

    /// - Parameter timeLimit: a command that takes longer is killed.
    init(
        live: LiveConfiguration, counters: RunCounters, logger: Logger, timeLimit: Duration = .seconds(60)
    ) {
        self.live = live
        self.counters = counters
        self.logger = logger
        self.timeLimit = timeLimit
        events = EventFolder(folder: live.current.stateFolder + "/events")
    }

    /// Tells of the end of a job. Returns at once.
    func fire(_ event: JobEvent) {
        let hooks = live.current.hooks
        let command = (event.state == .done ? hooks.done : hooks.failed) ?? []
        let writesEvent = hooks.events ?? false
        guard writesEvent || !command.isEmpty else { return }
        let isTaken = state.withLock { state in
            guard state.waiting < Self.mostWaiting, !state.isEnded else { return false }
            state.waiting += 1
            return true
        }
        guard isTaken else {
            logger.warning("\(event.subject): too many hooks wait; none is run for job \(event.job)")
            return
        }
        Task { [self] in
            try? await thread.run { [self] in
                if writesEvent { write(event) }
                if !command.isEmpty { run(command, event) }
            }
            state.withLock { $0.waiting -= 1 }
        }
    }

    /// Runs no further command, and leaves one that runs to itself.
    func end() async {
        state.withLock { $0.isEnded = true }
        await thread.shutdown()
    }

    private var isEnded: Bool { state.withLock { $0.isEnded } }

    private func write(_ event: JobEvent) {
        do { try events.add(event) } catch {
            logger.warning("\(event.subject): the event file of job \(event.job) is not written: \(error)")
        }
    }

    private func run(_ command: [String], _ event: JobEvent) {
        guard !isEnded else { return }
        counters.count { $0.hooksRun += 1 }
        let result = HookProcess.run(
            command, environment: Self.environment(for: event), timeLimit: timeLimit
        ) { self.isEnded }
        for line in result.lines { logger.info("hook \(command[0]): \(line)") }
        if let problem = result.problem {
            counters.count { $0.hooksFailed += 1 }
            logger.warning("\(event.subject): the hook \(command[0]) for job \(event.job) \(problem)")
        }
    }

    /// Of the daemon's own environment only what any program needs.
    private static func environment(for event: JobEvent) -> [String: String] {
        var environment = event.environment
        for name in [
            "PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS",
        ] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        return environment
    }
}
