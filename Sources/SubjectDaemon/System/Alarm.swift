/// Raises a signal at a time that can be moved.
actor Alarm {
    private let time: any TimeSource
    private let signal: Signal
    private var due: Duration?
    private var sleeper: Task<Void, Never>?

    init(time: any TimeSource, signal: Signal) {
        self.time = time
        self.signal = signal
    }

    /// Raises the signal then, and at no other time.
    func set(_ uptime: Duration?) {
        guard uptime != due else { return }
        sleeper?.cancel()
        sleeper = nil
        due = uptime
        guard let uptime else { return }
        sleeper = Task { [time, signal] in
            guard (try? await time.sleep(until: uptime)) != nil else { return }
            self.rang(uptime)
            signal.raise()
        }
    }

    private func rang(_ uptime: Duration) {
        guard due == uptime else { return }
        due = nil
        sleeper = nil
    }
}
