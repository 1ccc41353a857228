import Logging
import ServiceLifecycle

/// Tells systemd how the daemon is: that it serves, what it is doing, that it is alive, that it ends.
///
/// It asks the parts that do the daemon's work. One that does not answer keeps it from its next sign of life, and
/// systemd starts the daemon anew.
struct ServiceReporter: Service {
    let notifier: ServiceNotifier
    /// Raised once the socket answers, the watches stand and every folder was looked at.
    let ready: Signal
    let monitor: SubjectMonitor
    let store: JobStore
    let board: RunBoard
    let time: any TimeSource
    let logger: Logger

    /// From one line to the next, at least: no more often than a person could read.
    private static let calm = Duration.seconds(2)
    /// From one look at what nobody tells of to the next, where systemd waits for no sign of life.
    private static let leisure = Duration.seconds(60)

    func run() async throws {
        guard notifier.isHeard else {
            try? await gracefulShutdown()
            return
        }
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                notifier.status(ServiceStatusLine.beginning)
                guard await isReady() else { return }
                notifier.ready()
                async let lines: Void = tellWhatIsDone()
                async let signs: Void = tellOfLife()
                _ = await (lines, signs)
            }
        } onGracefulShutdown: {
            notifier.stopping()
        }
        notifier.status(ServiceStatusLine.ending)
    }

    private func isReady() async -> Bool {
        await withTaskCancellationHandler {
            await ready.wait()
        } onCancel: {
            ready.end()
        }
    }

    /// A line whenever there is another.
    private func tellWhatIsDone() async {
        var told = ""
        await withTaskCancellationHandler {
            while await board.changed.wait() {
                let line = await line()
                guard !Task.isCancelled else { return }
                // What was not taken is told at the next occasion.
                if line != told, notifier.status(line) { told = line }
                guard (try? await time.sleep(until: time.now.uptime + Self.calm)) != nil else { return }
            }
        } onCancel: {
            board.changed.end()
        }
    }

    /// A sign of life as long as everything moves. At each, the line is looked at too.
    private func tellOfLife() async {
        var policy = notifier.watchdogPolicy
        var doubted = false
        repeat {
            _ = await line()
            guard !Task.isCancelled else { return }
            board.changed.raise()
            let now = time.now.uptime
            let running = board.paused == nil ? board.running(at: now) : nil
            switch policy?.isAlive(running.map(WatchdogPolicy.Progress.init), at: now) {
            case true?:
                notifier.watchdog()
            case false? where !doubted:
                doubted = true
                logger.critical(
                    """
                    \(running.map { "\($0.job.subject): job \($0.job.id)" } ?? "a job") neither moves nor ends; \
                    systemd is left to start jedid anew
                    """)
            default: break
            }
        } while (try? await time.sleep(until: time.now.uptime + (policy?.interval ?? Self.leisure))) != nil
    }

    /// What is being done, asked of those who do it.
    private func line() async -> String {
        let watching = await monitor.watchingStatus
        let subjects = await monitor.presentSubjects.count
        // A store that cannot be read is not dead: the job runner says so and tries again.
        let counts = try? await store.counts()
        return ServiceStatusLine.text(
            running: board.running(at: time.now.uptime),
            waiting: counts?.values.reduce(0) { $0 + ($1[.queued] ?? 0) } ?? 0,
            paused: board.paused, subjects: subjects, trouble: watching.detail)
    }
}
