import Synchronization

/// Wakes one waiting task. Raised several times before it is awaited, it wakes once.
final class Signal: Sendable {
    private struct State {
        var raised = false
        var ended = false
        var waiting: CheckedContinuation<Bool, Never>?
    }

    private let state = Mutex(State())

    /// Wakes the one that waits, now or when it comes.
    func raise() {
        let waiting = state.withLock { state in
            defer { state.waiting = nil }
            if state.waiting == nil { state.raised = true }
            return state.waiting
        }
        waiting?.resume(returning: true)
    }

    /// Wakes the one that waits, and every later one at once, with false.
    func end() {
        let waiting = state.withLock { state in
            state.ended = true
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume(returning: false)
    }

    /// Whether ``end()`` was called.
    var isEnded: Bool { state.withLock { $0.ended } }

    /// Returns when it is raised; false once it has ended.
    func wait() async -> Bool {
        await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.ended { return false }
                if state.raised {
                    state.raised = false
                    return true
                }
                state.waiting = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }
}
