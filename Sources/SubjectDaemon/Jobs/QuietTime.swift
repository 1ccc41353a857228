import Glibc

/// Whether it is quiet hours, and until when. Pure but for the calendar, which is given.
struct QuietTime: Sendable {
    /// The minute of the day, from midnight by the local clock, at a time in seconds since 1970.
    typealias MinuteOfDay = @Sendable (Int64) -> Int

    /// How it is with them at some time.
    enum State: Sendable, Equatable {
        /// Pictures are begun; from that time on, in seconds since 1970, they are not. Nil: for as long as can be said.
        case awake(until: Int64?)
        /// No picture is begun until then; nil: for as long as can be said.
        case quiet(until: Int64?)
    }

    let hours: [QuietHours]
    let minuteOfDay: MinuteOfDay

    /// A change within two days is found; a day is 25 hours at most.
    private static let minutesAhead = 50 * 60

    /// How it is at that time, in seconds since 1970.
    func state(at now: Int64) -> State {
        if hours.isEmpty { return .awake(until: nil) }
        let isQuiet = covers(minuteOfDay(now))
        // Minute by minute by the calendar itself: that is right on the days when the clocks change too.
        var minute = now - (now % 60 + 60) % 60
        for _ in 0..<Self.minutesAhead {
            minute += 60
            if covers(minuteOfDay(minute)) != isQuiet {
                return isQuiet ? .quiet(until: minute) : .awake(until: minute)
            }
        }
        return isQuiet ? .quiet(until: nil) : .awake(until: nil)
    }

    private func covers(_ minute: Int) -> Bool {
        hours.contains { hours in
            if hours.begin <= hours.end { return hours.begin <= minute && minute < hours.end }
            return minute >= hours.begin || minute < hours.end
        }
    }

    /// By the machine's time zone.
    static let localMinuteOfDay: MinuteOfDay = { seconds in
        var time = time_t(seconds)
        var parts = tm()
        localtime_r(&time, &parts)
        return Int(parts.tm_hour) * 60 + Int(parts.tm_min)
    }

    /// "07:00" by that calendar.
    func clock(_ seconds: Int64) -> String {
        let minute = minuteOfDay(seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return two(minute / 60) + ":" + two(minute % 60)
    }
}

extension QuietTime.State {
    /// The sentence for `status`; nil where pictures are begun.
    func sentence(_ clock: (Int64) -> String) -> String? {
        guard case .quiet(let until) = self else { return nil }
        return until.map { "quiet hours until \(clock($0)); pictures go on then by themselves" }
            ?? "quiet hours all day; no picture is begun"
    }
}
