/// Decides when a worker that says nothing counts as hung.
///
/// A worker that computes says so about every second, whatever it computes; only what happens within one operation is
/// silent. The limit is far beyond that, and grows with the longest silence that turned out to be none.
struct HangWatch: Sendable {
    /// How often it is to be looked at.
    let interval: Duration
    private let floor: Duration
    private static let factor = 20

    private var silence = Duration.zero
    private var longest = Duration.zero
    private var lastLook: Duration

    /// - Parameter floor: no shorter silence counts.
    init(floor: Duration, at now: Duration) {
        self.floor = floor
        interval = min(.seconds(10), floor / 4)
        lastLook = now
    }

    /// It has given a sign of life, or is asked for something.
    mutating func sign(at now: Duration) {
        look(at: now)
        longest = max(longest, silence)
        silence = .zero
    }

    /// For how long it has been silent, once that is too long.
    ///
    /// What lies between two looks counts as an interval at most: if the machine or this process slept, the worker
    /// slept as well.
    @discardableResult
    mutating func look(at now: Duration) -> Duration? {
        silence += min(max(now - lastLook, .zero), interval + interval / 2)
        lastLook = now
        return silence > max(floor, longest * Self.factor) ? silence : nil
    }
}
