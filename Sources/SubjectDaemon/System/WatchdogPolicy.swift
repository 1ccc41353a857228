import ControlAPI

/// Decides when systemd is told that the daemon is alive.
///
/// systemd starts the daemon anew if it hears nothing for `WatchdogSec`. It hears something as long as a job that is
/// under way gets on, or none is. A worker that hangs is ended by the daemon long before; what this finds is a daemon
/// that does not even notice.
struct WatchdogPolicy: Sendable {
    /// How far the job under way is. Whatever changes in it is progress.
    struct Progress: Sendable, Equatable {
        var job: String
        var attempt: Int
        var phase: RunningJobStatus.Phase
        var step: Int

        init(job: String, attempt: Int, phase: RunningJobStatus.Phase, step: Int) {
            self.job = job
            self.attempt = attempt
            self.phase = phase
            self.step = step
        }

        init(_ running: RunningJobStatus) {
            self.init(
                job: running.job.id, attempt: running.job.attempts, phase: running.phase, step: running.step)
        }
    }

    /// From one sign of life to the next: half of what systemd waits for one.
    let interval: Duration
    /// The longest that anything a job does may take: a step of the largest model on the slowest machine.
    private let patience: Duration
    private var last: Progress?
    private var since: Duration = .zero

    init(interval: Duration, patience: Duration = .seconds(3600)) {
        self.interval = interval
        self.patience = patience
    }

    /// What `sd_watchdog_enabled(3)` says: nil where nobody waits for a sign, or for another process's.
    init?(environment: [String: String], process: Int32) {
        guard let microseconds = environment["WATCHDOG_USEC"].flatMap({ Int64($0) }), microseconds > 0 else {
            return nil
        }
        if let told = environment["WATCHDOG_PID"], Int32(told) != process { return nil }
        self.init(interval: .microseconds(microseconds / 2))
    }

    /// Whether the daemon may say that it is alive.
    ///
    /// - Parameter progress: how far the job under way is; nil if none is, or if it waits for something outside.
    mutating func isAlive(_ progress: Progress?, at now: Duration) -> Bool {
        if progress == nil || progress != last {
            last = progress
            since = now
        }
        return now - since < patience
    }
}
