/// When another worker is started after some have crashed.
struct RestartPolicy: Sendable {
    /// Crashes since the last thing that a worker got done.
    private(set) var crashes = 0
    private var last: (end: String, at: Duration)?

    /// A crash or two may be a job's; that many in a row are the program's or the machine's.
    private static let free = 2
    private static let longest: Duration = .seconds(600)

    /// A worker got something done.
    mutating func succeeded() {
        crashes = 0
        last = nil
    }

    /// A worker ended that was not told to.
    mutating func crashed(_ end: String, at now: Duration) {
        crashes += 1
        last = (end, now)
    }

    /// How long no worker is started, and why.
    func pause(at now: Duration) -> (left: Duration, reason: String)? {
        guard crashes > Self.free, let last else { return nil }
        let whole = min(.seconds(5) * (1 << min(crashes - Self.free - 1, 10)), Self.longest)
        let left = last.at + whole - now
        guard left > .zero else { return nil }
        return (left, "\(crashes) workers in a row came to nothing, the last time because \(last.end)")
    }
}
