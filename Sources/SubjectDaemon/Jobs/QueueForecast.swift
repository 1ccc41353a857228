/// When the jobs that wait begin and end, by measured times. Pure.
///
/// What is not known is not said: behind a job of which nothing was measured nothing is.
enum QueueForecast {
    /// Seconds from now.
    struct Times: Sendable, Equatable {
        var untilStart: Double?
        var untilEnd: Double?
    }

    /// - Parameters:
    ///   - takes: how long each job that waits takes, in their order; nil where that was never measured.
    ///   - ahead: seconds until the first of them can begin; nil where that is not known.
    ///   - limit: seconds until no picture is begun any more and those under way are interrupted; what would end
    ///     later is not said.
    static func times(_ takes: [Double?], ahead: Double?, limit: Double? = nil) -> [Times] {
        var start = ahead
        return takes.map { take in
            guard let begin = start, begin < limit ?? .infinity else {
                start = nil
                return Times()
            }
            start = take.map { begin + $0 }
            let end = start.flatMap { $0 <= limit ?? .infinity ? $0 : nil }
            start = end
            return Times(untilStart: begin, untilEnd: end)
        }
    }
}
