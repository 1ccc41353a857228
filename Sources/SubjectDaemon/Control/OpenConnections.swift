import Synchronization

/// Counts connections up to a limit.
final class OpenConnections: Sendable {
    private let limit: Int
    private let count = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether one more is allowed; then it is counted.
    func enter() -> Bool {
        count.withLock { count in
            guard count < limit else { return false }
            count += 1
            return true
        }
    }

    /// One has ended.
    func leave() {
        count.withLock { $0 -= 1 }
    }
}
