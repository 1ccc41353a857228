import Synchronization

/// Keeps the newest of values that come quickly, at most so often, off the threads that they come from.
final class LatestFile<Value: Sendable>: Sendable {
    private struct State {
        /// What is not kept yet.
        var newest: Value?
        var writer: Task<Void, Never>?
        /// Ends early where what waits is to be kept at once.
        var sleeper: Task<Void, Never>?
        var wroteAt: Duration?
        var isHasty = false
    }

    private let state = Mutex(State())
    private let interval: Duration
    private let time: any TimeSource
    private let write: @Sendable (Value) async -> Void

    /// - Parameters:
    ///   - interval: from one writing to the next.
    ///   - write: keeps a value.
    init(interval: Duration, time: any TimeSource, write: @escaping @Sendable (Value) async -> Void) {
        self.interval = interval
        self.time = time
        self.write = write
    }

    /// Takes a value, in the place of one that is not kept yet. Returns at once.
    func offer(_ value: Value) {
        state.withLock { state in
            state.newest = value
            if state.writer == nil { state.writer = Task { await self.drain() } }
        }
    }

    /// Keeps what is not kept yet, without waiting for its time, and returns once nothing is being written.
    func flush() async {
        await settle { $0.isHasty = true }
    }

    /// Forgets what is not kept yet, and returns once nothing is being written.
    func drop() async {
        await settle { state in
            state.newest = nil
            state.isHasty = true
        }
    }

    private func settle(_ change: @Sendable (inout State) -> Void) async {
        let writer = state.withLock { state in
            change(&state)
            state.sleeper?.cancel()
            return state.writer
        }
        await writer?.value
        state.withLock { $0.isHasty = false }
    }

    private func drain() async {
        while true {
            await rest()
            let value = state.withLock { state -> Value? in
                defer { state.newest = nil }
                if state.newest == nil { state.writer = nil }
                return state.newest
            }
            guard let value else { return }
            await write(value)
            let now = time.now.uptime
            state.withLock { $0.wroteAt = now }
        }
    }

    private func rest() async {
        let now = time.now.uptime
        let sleeper = state.withLock { state -> Task<Void, Never>? in
            guard !state.isHasty, state.newest != nil, let wroteAt = state.wroteAt, wroteAt + interval > now
            else { return nil }
            let sleeper = Task { [time, interval] in
                do { try await time.sleep(until: wroteAt + interval) } catch {}
            }
            state.sleeper = sleeper
            return sleeper
        }
        await sleeper?.value
    }
}
