import ControlAPI
import Foundation
import Testing

@testable import SubjectDaemon

@Suite struct QueueOrderTests {
    private typealias Entry = QueueOrder.Entry

    /// "a1" is a job of the subject a; they were asked for in this order.
    private func entries(_ keys: String...) -> [QueueOrder.Entry] {
        keys.enumerated().map { Entry(key: $1, subject: String($1.prefix(1)), position: Int64($0 + 1)) }
    }

    private func keys(_ entries: [QueueOrder.Entry], served: [String: Int64] = [:]) -> [String] {
        QueueOrder.order(entries, served: served).map(\.key)
    }

    @Test func subjectsTakeTurns() {
        #expect(
            keys(entries("a1", "a2", "a3", "b1", "c1", "c2")) == ["a1", "b1", "c1", "a2", "c2", "a3"])
    }

    @Test func aHundredLinesKeepNoOtherWaiting() {
        let many = (1...100).map { Entry(key: "a\($0)", subject: "a", position: Int64($0)) }
        let one = Entry(key: "b1", subject: "b", position: 101)
        // a was served last: b is next. And were a new as well, b would be second.
        #expect(keys(many + [one], served: ["a": 7])[0] == "b1")
        #expect(keys(many + [one])[1] == "b1")
        #expect(keys(many + [one]).count == 101)
    }

    @Test func whoseTurnIsLongestAgoComesFirst() {
        #expect(keys(entries("a1", "b1", "c1"), served: ["a": 9, "b": 3, "c": 5]) == ["b1", "c1", "a1"])
    }

    @Test func prioritiesComeBeforeTurns() {
        var waiting = entries("a1", "b1", "a2")
        waiting[2].priority = 5
        waiting[0].priority = -1
        #expect(keys(waiting) == ["a2", "b1", "a1"])
    }

    @Test func whatWasInterruptedGoesOnBeforeOthersOfItsPriority() {
        var waiting = entries("a1", "b1", "a2")
        waiting[2].isBegun = true
        #expect(keys(waiting, served: ["a": 9]) == ["a2", "b1", "a1"])
        waiting[0].priority = 1
        #expect(keys(waiting, served: ["a": 9]) == ["a1", "a2", "b1"])
    }

    @Test func whatAPersonPutSomewhereStandsThere() {
        var waiting = entries("a1", "a2", "b1", "b2")
        waiting[3].place = -1
        waiting[0].place = 1
        #expect(keys(waiting) == ["b2", "a2", "b1", "a1"])
        waiting[1].place = -2
        waiting[2].priority = 100
        #expect(keys(waiting) == ["a2", "b2", "b1", "a1"])
    }

    @Test func whatWasPutBeforeAnotherStandsJustBeforeIt() {
        var waiting = entries("a1", "b1", "c1", "d1")
        waiting[3].placeBefore = "b1"
        waiting[0].placeBefore = "d1"
        #expect(keys(waiting) == ["a1", "d1", "b1", "c1"])
        // The other is gone: back to its turn.
        #expect(keys(waiting.filter { $0.key != "b1" }) == ["c1", "a1", "d1"])
    }

    @Test func aRingOfPlacesLosesNoJob() {
        var waiting = entries("a1", "b1", "c1")
        waiting[0].placeBefore = "b1"
        waiting[1].placeBefore = "a1"
        #expect(Set(keys(waiting)) == ["a1", "b1", "c1"])
        waiting[2].placeBefore = "c1"
        #expect(keys(waiting).count == 3)
    }

    @Test(arguments: 0..<200) func everyJobStandsThereOnceWhateverWasDone(seed: UInt64) {
        var random = Seeded(state: seed)
        var waiting = (0..<40).map { index in
            Entry(
                key: "k\(index)", subject: "s\(Int.random(in: 0..<6, using: &random))",
                priority: Int.random(in: -1...1, using: &random), position: Int64(index),
                place: Int64([0, 0, 0, -1, 1][Int.random(in: 0..<5, using: &random)]),
                isBegun: Int.random(in: 0..<10, using: &random) == 0)
        }
        for index in waiting.indices where Int.random(in: 0..<3, using: &random) == 0 {
            waiting[index].placeBefore = "k\(Int.random(in: 0..<45, using: &random))"
        }
        let ordered = keys(waiting)
        #expect(ordered.count == 40 && Set(ordered).count == 40)
        #expect(keys(waiting.shuffled(using: &random)) == ordered)
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}

@Suite struct QuietTimeTests {
    /// Europe's rule, from the real calendar.
    private static let berlin: QuietTime.MinuteOfDay = { seconds in
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "Europe/Berlin") ?? .gmt
        let parts = calendar.dateComponents(
            [.hour, .minute], from: Date(timeIntervalSince1970: Double(seconds)))
        return (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
    }

    private static func time(_ text: String) -> Int64 {
        Int64((try? Date(text, strategy: .iso8601))?.timeIntervalSince1970 ?? 0)
    }

    private func state(_ hours: [QuietHours], _ text: String) -> QuietTime.State {
        QuietTime(hours: hours, minuteOfDay: Self.berlin).state(at: Self.time(text))
    }

    private static let night = QuietHours(begin: 22 * 60, end: 7 * 60)

    @Test func overMidnight() {
        // Summer time: two hours ahead of UTC.
        #expect(
            state([Self.night], "2026-07-01T19:59:59Z") == .awake(until: Self.time("2026-07-01T20:00:00Z")))
        #expect(
            state([Self.night], "2026-07-01T20:00:00Z") == .quiet(until: Self.time("2026-07-02T05:00:00Z")))
        #expect(
            state([Self.night], "2026-07-02T04:59:30Z") == .quiet(until: Self.time("2026-07-02T05:00:00Z")))
        #expect(
            state([Self.night], "2026-07-02T05:00:00Z") == .awake(until: Self.time("2026-07-02T20:00:00Z")))
    }

    @Test func whenTheClocksChange() {
        // The night of 25 October 2026 has an hour more, that of 29 March one less.
        #expect(
            state([Self.night], "2026-10-24T21:00:00Z") == .quiet(until: Self.time("2026-10-25T06:00:00Z")))
        #expect(
            state([Self.night], "2026-03-28T22:00:00Z") == .quiet(until: Self.time("2026-03-29T05:00:00Z")))
        // Half past two is there twice in October, and not at all in March.
        let short = QuietHours(begin: 150, end: 170)
        #expect(state([short], "2026-10-25T00:31:00Z") == .quiet(until: Self.time("2026-10-25T00:50:00Z")))
        #expect(state([short], "2026-10-25T01:31:00Z") == .quiet(until: Self.time("2026-10-25T01:50:00Z")))
        #expect(state([short], "2026-03-29T00:59:00Z") == .awake(until: Self.time("2026-03-30T00:30:00Z")))
    }

    @Test func severalAndNoneAndAll() {
        let noon = QuietHours(begin: 720, end: 780)
        #expect(
            state([Self.night, noon], "2026-07-01T10:30:00Z")
                == .quiet(until: Self.time("2026-07-01T11:00:00Z")))
        #expect(state([], "2026-07-01T10:30:00Z") == .awake(until: nil))
        #expect(state([QuietHours(begin: 60, end: 60)], "2026-07-01T10:30:00Z") == .awake(until: nil))
        #expect(state([QuietHours(begin: 0, end: 1440)], "2026-07-01T10:30:00Z") == .quiet(until: nil))
        // One that ends where the next begins is one.
        let meeting = [QuietHours(begin: 600, end: 720), noon]
        #expect(state(meeting, "2026-07-01T09:00:00Z") == .quiet(until: Self.time("2026-07-01T11:00:00Z")))
    }

    @Test func theSentenceNamesTheEnd() {
        let quiet = QuietTime(hours: [Self.night], minuteOfDay: Self.berlin)
        let state = quiet.state(at: Self.time("2026-07-01T20:00:00Z"))
        #expect(state.sentence(quiet.clock) == "quiet hours until 07:00; pictures go on then by themselves")
        #expect(QuietTime.State.awake(until: nil).sentence(quiet.clock) == nil)
    }

    @Test func theMachinesOwnClockIsAMinuteOfTheDay() {
        #expect((0..<1440).contains(QuietTime.localMinuteOfDay(1_790_000_000)))
    }
}

@Suite struct JobOutcomeTests {
    private static let photo = PictureRequest.Reference(name: "a.jpg", contentHash: "11")

    private func outcome(
        _ error: any Error, _ interruption: QueueGate.Interruption? = nil, attempts: Int = 1,
        lost: Bool = false
    ) -> JobOutcome {
        JobOutcome.of(error, interruption: interruption, attempts: attempts, folderIsLost: lost)
    }

    @Test(arguments: [QueueGate.Interruption.end, .pause, .quiet])
    func interruptionsCostNothing(interruption: QueueGate.Interruption) {
        #expect(outcome(CancellationError(), interruption, attempts: 3) == .goesOn)
        #expect(outcome(EngineInterruption("killed in order"), interruption, attempts: 3) == .goesOn)
    }

    @Test func whatAPersonTookBackIsNotTriedAgain() {
        #expect(outcome(CancellationError(), .cancel) == .cancelled)
        #expect(outcome(EngineFailure("x"), .cancel) == .cancelled)
    }

    @Test func aCrashCostsAnAttemptAndTheThirdHolds() {
        #expect(outcome(EngineInterruption("killed"), attempts: 1) == .again(reason: "killed"))
        #expect(outcome(EngineInterruption("killed"), attempts: 2) == .again(reason: "killed"))
        #expect(
            outcome(EngineInterruption("killed"), attempts: 3)
                == .held(reason: "the engine failed at it 3 times, the last time so: killed"))
        // A cancellation that nobody asked for must not go on for ever.
        #expect(outcome(CancellationError(), attempts: 1) != .goesOn)
        if case .held = outcome(CancellationError(), attempts: 3) {} else { Issue.record("not held") }
    }

    @Test func aFolderThatWentIsWaitedFor() {
        let error = SystemCallError("open", "/x", 2)
        #expect(outcome(error, lost: true) == .waitsForFolder)
        #expect(outcome(OutputFolderError(error), lost: true) == .waitsForFolder)
        let fault = PhotoFault(photo: Self.photo, rejection: PhotoRejection("gone", fault: .changed))
        #expect(outcome(fault, lost: true) == .waitsForFolder)
        #expect(outcome(fault) == .photo(fault))
        #expect(outcome(error) == .failed(reason: "\(error)"))
    }

    @Test func aFailureIsToldAndThePauseMeanwhileIsNoExcuse() {
        #expect(outcome(EngineFailure("no tensor"), .pause) == .failed(reason: "no tensor"))
    }
}

@Suite struct ForecastTests {
    private static let kind = StepTimes.Kind(
        modelHash: "1", width: 64, height: 64, mode: "joint", references: 2)

    @Test func theMedianOfTheLastFew() {
        var times = StepTimes()
        #expect(times.measured(Self.kind) == nil && times.seconds(Self.kind, steps: 4) == nil)
        for seconds in [100, 1, 2, 90, 3, 2] as [Double] {
            times.take(.init(secondsPerStep: seconds, secondsAfterSteps: 1, steps: 20), of: Self.kind)
        }
        // The hundred is out of the five, and one slow picture does not count.
        #expect(times.measured(Self.kind)?.secondsPerStep == 2)
        #expect(times.seconds(Self.kind, steps: 10) == 21)
        #expect(times.seconds(Self.kind, steps: nil) == 41)
        var other = Self.kind
        other.references = 3
        #expect(times.measured(other) == nil)
    }

    /// From a photo only the end of the walk is walked.
    @Test func aStrengthLeavesStepsOut() {
        var times = StepTimes()
        var kind = Self.kind
        kind.strength = 0.5
        times.take(.init(secondsPerStep: 2, secondsAfterSteps: 1, steps: 10), of: kind)
        #expect(times.seconds(kind, steps: 20) == 21)
        #expect(times.seconds(kind, steps: nil) == 21)
    }

    @Test func aPictureThatGoesOnCountsItsOwnStepsOnly() {
        var course = StepCourse(began: .seconds(100), expected: nil)
        course.advance(StepProgress(step: 16, total: 20), at: .seconds(110))
        #expect(course.secondsPerStep == 10)
        #expect(course.measure(at: .seconds(111)) == nil)
        course.advance(StepProgress(step: 17, total: 20), at: .seconds(112))
        course.advance(StepProgress(step: 18, total: 20), at: .seconds(114))
        #expect(course.secondsPerStep == 2)
        #expect(course.secondsLeft(at: .seconds(115)) == 3)
        #expect(
            course.measure(at: .seconds(118)) == .init(secondsPerStep: 2, secondsAfterSteps: 4, steps: 20))
    }

    @Test func oneAfterAnother() {
        let times = QueueForecast.times([10, 20, nil, 5], ahead: 3)
        #expect(
            times == [
                .init(untilStart: 3, untilEnd: 13), .init(untilStart: 13, untilEnd: 33),
                .init(untilStart: 33, untilEnd: nil), .init(),
            ])
        #expect(QueueForecast.times([10], ahead: nil) == [.init()])
    }

    @Test func nothingIsSaidBeyondQuietHours() {
        let times = QueueForecast.times([10, 10, 10], ahead: 0, limit: 15)
        #expect(times == [.init(untilStart: 0, untilEnd: 10), .init(untilStart: 10, untilEnd: nil), .init()])
    }
}

@Suite struct AdmissionTests {
    private static let meminfo = """
        MemTotal:       16000000 kB
        MemFree:          100000 kB
        MemAvailable:    8000000 kB
        """

    @Test func theMachineSays() {
        #expect(
            MemoryFacts.machine(Self.meminfo)
                == MemoryFacts(total: 16_000_000 << 10, available: 8_000_000 << 10))
        #expect(MemoryFacts.machine("MemTotal: 5 kB") == nil && MemoryFacts.machine("") == nil)
        #expect(MemoryFacts.read() != nil)
    }

    @Test func aControlGroupSaysLess() {
        let facts = MemoryFacts(total: 1000, available: 800)
        #expect(facts.within(limits: ["max\n", "max\n"], used: "5\n", statistics: nil) == facts)
        #expect(facts.within(limits: [nil, nil], used: nil, statistics: nil) == facts)
        let statistics = "anon 300\nfile 100\ninactive_file 60\nactive_file 40\n"
        #expect(
            facts.within(limits: ["600\n", "500\n"], used: "400\n", statistics: statistics)
                == MemoryFacts(total: 500, available: 200))
        #expect(
            facts.within(limits: ["600", nil], used: "900", statistics: nil)
                == MemoryFacts(total: 600, available: 0))
        #expect(
            MemoryFacts.groupPath("12:cpu:/x\n0::/system.slice/jedid.service\n")
                == "/system.slice/jedid.service")
        #expect(MemoryFacts.groupPath("12:cpu:/x\n") == nil)
    }

    @Test func whatIsShortWaitsAndWhatIsTooMuchIsHeld() {
        let facts = MemoryFacts(total: 1000 << 20, available: 300 << 20)
        func verdict(_ configured: Int64?, _ estimated: Int64?) -> Admission.Verdict {
            Admission.judge(facts, configured: configured, estimated: estimated)
        }
        #expect(verdict(nil, nil) == .admitted)
        #expect(verdict(nil, 300 << 20) == .admitted)
        #expect(
            verdict(nil, 301 << 20)
                == .waits(
                    reason:
                        "memory is short: 300 MiB are available and 301 MiB are needed; it goes on by itself once there is enough"
                ))
        #expect(verdict(299 << 20, 900 << 20) == .admitted)
        if case .waits = verdict(2000 << 20, nil) {} else { Issue.record("not waiting") }
        if case .held(let reason) = verdict(nil, 1001 << 20) {
            #expect(reason.contains("1001 MiB") && reason.contains("1000 MiB"))
        } else {
            Issue.record("not held")
        }
    }
}

@Suite struct RetentionTests {
    private static let now = Date(timeIntervalSince1970: 1_000_000)

    /// Ages in seconds, the key of each is its age.
    private func pictures(_ ages: Double..., bytes: Int64 = 100) -> [Retention.Picture] {
        ages.map {
            Retention.Picture(
                key: "\(Int($0))", path: "/\($0)", bytes: bytes, madeAt: Self.now - $0)
        }
    }

    private func removed(_ pictures: [Retention.Picture], _ rule: RetentionRule) -> [String] {
        Retention.surplus(pictures, by: rule, at: Self.now).map(\.key)
    }

    @Test func theOldestGoFirst() {
        let four = pictures(10, 40, 20, 30)
        #expect(removed(four, RetentionRule()).isEmpty)
        #expect(removed(four, RetentionRule(count: 2)) == ["40", "30"])
        #expect(removed(four, RetentionRule(bytes: 250)) == ["40", "30"])
        #expect(removed(four, RetentionRule(age: 25)) == ["40", "30"])
        #expect(removed(four, RetentionRule(count: 3, age: 15)) == ["40", "30", "20"])
        #expect(removed(four, RetentionRule(count: 4, bytes: 400, age: 40)).isEmpty)
    }

    @Test func theNewestStaysHoweverLargeItIs() {
        #expect(removed(pictures(10, bytes: 500), RetentionRule(bytes: 100)).isEmpty)
        #expect(removed(pictures(10, 20, bytes: 500), RetentionRule(bytes: 100)) == ["20"])
        #expect(removed(pictures(10, 20, bytes: .max), RetentionRule(bytes: 100)) == ["20"])
    }

    @Test func aClockThatWentBackRemovesNothingByAge() {
        #expect(removed(pictures(-5000, -10), RetentionRule(age: 1)).isEmpty)
    }
}
