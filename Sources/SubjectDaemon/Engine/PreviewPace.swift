/// When previews are made: not more often than a person looks, and after the first one, which shows what they take, not
/// for more than a twentieth of the time.
struct PreviewPace {
    /// Between two previews.
    static let interval: Duration = .seconds(1)
    /// The next preview comes after so many times what the last one took.
    static let patience = 19

    private var next: Duration

    /// A picture begins, or is gone on with.
    init(at now: Duration) {
        next = now + Self.interval
    }

    func isDue(at now: Duration) -> Bool { now >= next }

    /// A preview was made from `begin` to `end`.
    mutating func made(from begin: Duration, to end: Duration) {
        next = max(begin + Self.interval, end + (end - begin) * Self.patience)
    }
}
