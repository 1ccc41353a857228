import Synchronization

/// Lets jobs begin one at a time, and interrupts the one under way.
final class QueueGate: Sendable {
    /// Why a job is interrupted. None of these is its own fault.
    enum Interruption: Sendable, Equatable {
        /// The daemon ends.
        case end
        /// A person paused the queue.
        case pause
        /// Quiet hours begin.
        case quiet
        /// A person took the job back.
        case cancel
    }

    private struct State {
        var isPaused: Bool
        var isEnded = false
        /// The job under way, by its key.
        var job: String?
        var interruption: Interruption?
        /// Ends what is being awaited.
        var cancel: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>

    init(isPaused: Bool = false) {
        state = Mutex(State(isPaused: isPaused))
    }

    /// Whether a person paused the queue.
    var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Why the job under way is interrupted.
    var interruption: Interruption? { state.withLock { $0.interruption } }

    /// Notes that a job is about to begin. Interruptions apply to it from here until ``leave()``.
    ///
    /// - Returns: false where none may begin.
    func enter(_ key: String) -> Bool {
        state.withLock { state in
            if state.isPaused || state.isEnded { return false }
            state.job = key
            state.interruption = nil
            return true
        }
    }

    /// Notes that the job has ended, one way or another.
    func leave() {
        state.withLock { state in
            state.job = nil
            state.interruption = nil
        }
    }

    /// Pauses the queue, or lets it go on.
    func pause(_ isPaused: Bool) {
        state.withLock { $0.isPaused = isPaused }
        if isPaused { interrupt(.pause) }
    }

    /// Lets no job begin any more and interrupts what is under way.
    func end() {
        let cancel = state.withLock { state in
            state.isEnded = true
            if state.job != nil { state.interruption = .end }
            return state.cancel
        }
        cancel?()
    }

    /// Interrupts the job under way.
    ///
    /// - Parameter keys: only if it is one of these.
    func interrupt(_ why: Interruption, only keys: Set<String>? = nil) {
        let cancel = state.withLock { state -> (@Sendable () -> Void)? in
            guard let job = state.job, keys?.contains(job) ?? true else { return nil }
            // What a person asks for last holds, but for the end.
            if state.interruption != .end && state.interruption != .cancel { state.interruption = why }
            return state.cancel
        }
        cancel?()
    }

    /// Does the work in a task that an interruption cancels.
    func cancellable<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await work() }
        let isLate = state.withLock { state in
            state.cancel = { task.cancel() }
            return state.isEnded || state.interruption != nil
        }
        defer { state.withLock { $0.cancel = nil } }
        if isLate { task.cancel() }
        return try await task.value
    }
}
