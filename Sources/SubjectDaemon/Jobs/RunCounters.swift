import Synchronization

/// What was done since the daemon began, for `metrics`.
final class RunCounters: Sendable {
    /// The counters.
    struct Values: Sendable {
        var made = 0
        var failed = 0
        var held = 0
        var cancelled = 0
        /// Attempts that ended because the engine crashed, was killed or hung.
        var engineInterruptions = 0
        /// Pictures that went on from a checkpoint.
        var resumed = 0
        /// Steps that were done.
        var steps = 0
        var photosEncoded = 0
        var cacheHits = 0
        var cacheMisses = 0
        var picturesRemoved = 0
        var hooksRun = 0
        var hooksFailed = 0
        var secondsPerStep = Histogram(bounds: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60])
        var secondsPerPicture = Histogram(bounds: [1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600])
    }

    private let values = Mutex(Values())

    /// As of now.
    var current: Values { values.withLock { $0 } }

    /// Counts.
    func count(_ change: (inout Values) -> Void) {
        values.withLock { change(&$0) }
    }
}

/// How often values up to each of some bounds were seen.
struct Histogram: Sendable, Equatable {
    let bounds: [Double]
    /// How many values were at most each bound, and above the one before.
    private(set) var counts: [Int]
    private(set) var sum = 0.0
    private(set) var count = 0

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = bounds.map { _ in 0 }
    }

    /// Takes a value in.
    mutating func observe(_ value: Double) {
        if let index = bounds.firstIndex(where: { value <= $0 }) { counts[index] += 1 }
        sum += value
        count += 1
    }
}
