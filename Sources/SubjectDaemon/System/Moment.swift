import FoundationEssentials
import Glibc

/// A point in time by both clocks: one that never jumps, for waiting, and the calendar's, for comparing with files.
struct Moment: Sendable, Equatable {
    /// Since some point before the daemon's start.
    var uptime: Duration
    /// Nanoseconds since 1970.
    var wall: Int64

    /// The same, later.
    func advanced(by duration: Duration) -> Moment {
        Moment(uptime: uptime + duration, wall: wall + duration.nanoseconds)
    }
}

extension Duration {
    /// Whole nanoseconds.
    var nanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }

    /// Seconds with their fraction.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}

/// Where the daemon gets its time from.
protocol TimeSource: Sendable {
    var now: Moment { get }
    /// Returns at that uptime, or throws at cancellation.
    func sleep(until uptime: Duration) async throws
}

/// The machine's own clocks.
struct SystemTime: TimeSource {
    private static let start = ContinuousClock.now

    var now: Moment {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        return Moment(
            uptime: Self.start.duration(to: .now),
            wall: Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec))
    }

    func sleep(until uptime: Duration) async throws {
        try await Task.sleep(until: Self.start + uptime, clock: .continuous)
    }
}
