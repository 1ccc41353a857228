import ControlAPI
import Foundation
import Testing

@testable import SubjectDaemon

@Suite struct ServiceNotifierTests {
    @Test(arguments: [false, true])
    func everyMessageArrives(isAbstract: Bool) async throws {
        let folder = try TestFolder()
        let listener = try NotifyListener(at: isAbstract ? "@" + folder.path : folder("notify"))
        let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": listener.address])
        #expect(notifier.isHeard)
        notifier.ready()
        notifier.status("toby: step 3 of 20")
        notifier.watchdog()
        notifier.stopping()
        #expect(try await listener.next() == "READY=1")
        #expect(try await listener.next() == "STATUS=toby: step 3 of 20")
        #expect(try await listener.next() == "WATCHDOG=1")
        #expect(try await listener.next() == "STOPPING=1")
    }

    @Test func aReloadCarriesItsTime() async throws {
        let folder = try TestFolder()
        let listener = try NotifyListener(at: folder("notify"))
        let before = Self.monotonicMicroseconds()
        ServiceNotifier(environment: ["NOTIFY_SOCKET": listener.address]).reloading()
        let after = Self.monotonicMicroseconds()
        let lines = try #require(try await listener.next()).split(separator: "\n")
        #expect(lines.first == "RELOADING=1")
        let time = try #require(lines.last?.split(separator: "=").last.flatMap { Int64($0) })
        #expect(lines.last?.hasPrefix("MONOTONIC_USEC=") == true)
        #expect((before...after).contains(time))
    }

    @Test func aNameCannotSmuggleASecondMessageIn() async throws {
        let folder = try TestFolder()
        let listener = try NotifyListener(at: folder("notify"))
        ServiceNotifier(environment: ["NOTIFY_SOCKET": listener.address]).status("a\nWATCHDOG=1")
        #expect(try await listener.next() == "STATUS=a WATCHDOG=1")
    }

    @Test func aListenerThatDoesNotReadStopsNobody() async throws {
        let folder = try TestFolder()
        let listener = try NotifyListener(at: folder("notify"))
        let notifier = ServiceNotifier(environment: ["NOTIFY_SOCKET": listener.address])
        // More than any queue holds.
        for number in 0..<100_000 { notifier.status("\(number)") }
        #expect(try await listener.next() == "STATUS=0")
    }

    @Test(arguments: [
        nil, "", "relative/path", "unix:/run/x", "/nobody/listens/here",
        "/" + String(repeating: "long", count: 40),
    ])
    func whereNobodyListensNothingHappens(socket: String?) {
        var environment: [String: String] = [:]
        environment["NOTIFY_SOCKET"] = socket
        let notifier = ServiceNotifier(environment: environment)
        notifier.ready()
        notifier.status("x")
        #expect(notifier.isHeard == (socket?.hasPrefix("/") == true))
    }

    private static func monotonicMicroseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }
}

@Suite struct WatchdogPolicyTests {
    @Test(arguments: [
        (["WATCHDOG_USEC": "120000000"], Duration.seconds(60)),
        (["WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "42"], .seconds(60)),
        (["WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "43"], nil),
        (["WATCHDOG_USEC": "120000000", "WATCHDOG_PID": "x"], nil),
        (["WATCHDOG_USEC": "0"], nil), (["WATCHDOG_USEC": "-1"], nil), (["WATCHDOG_USEC": "soon"], nil),
        (["WATCHDOG_PID": "42"], nil), ([:], nil),
    ])
    func theSignsComeAtHalfOfWhatIsWaitedFor(environment: [String: String], interval: Duration?) {
        #expect(WatchdogPolicy(environment: environment, process: 42)?.interval == interval)
    }

    private let first = WatchdogPolicy.Progress(job: "a", attempt: 1, phase: .denoising, step: 1)

    /// What a policy with ten minutes' patience says to each of these, one after the other.
    private func verdicts(_ seen: (progress: WatchdogPolicy.Progress?, seconds: Int)...) -> [Bool] {
        var policy = WatchdogPolicy(interval: .seconds(60), patience: .seconds(600))
        return seen.map { policy.isAlive($0.progress, at: .seconds($0.seconds)) }
    }

    @Test func withNothingToDoItIsAliveForEver() {
        #expect(verdicts((nil, 0), (nil, 60), (nil, 599), (nil, 601), (nil, 1_000_000)).allSatisfy { $0 })
    }

    @Test func aJobThatStandsIsWaitedForOnlySoLong() {
        let moved = WatchdogPolicy.Progress(job: "a", attempt: 1, phase: .denoising, step: 2)
        #expect(
            verdicts((first, 1000), (first, 1599), (first, 1600), (first, 9999), (moved, 10_000))
                == [true, true, false, false, true])
    }

    @Test func theTimeWithoutAJobDoesNotCount() {
        #expect(
            verdicts((first, 0), (nil, 599), (first, 1200), (first, 1799), (first, 1800))
                == [true, true, true, true, false])
    }

    @Test(arguments: [
        WatchdogPolicy.Progress(job: "b", attempt: 1, phase: .denoising, step: 1),
        WatchdogPolicy.Progress(job: "a", attempt: 2, phase: .denoising, step: 1),
        WatchdogPolicy.Progress(job: "a", attempt: 1, phase: .decoding, step: 1),
        WatchdogPolicy.Progress(job: "a", attempt: 1, phase: .denoising, step: 0),
    ])
    func whateverChangesIsProgress(next: WatchdogPolicy.Progress) {
        #expect(verdicts((first, 0), (next, 700), (next, 1299), (next, 1300)) == [true, true, true, false])
    }
}

@Suite struct ServiceStatusLineTests {
    private func running(
        _ phase: RunningJobStatus.Phase, steps: Int = 20, left: Double? = nil
    ) -> RunningJobStatus {
        RunningJobStatus(
            job: JobStatus(id: "j", subject: "toby", prompt: "p", seed: 1, state: .running), phase: phase,
            step: 5, steps: steps, percent: 25, startedAt: Date(timeIntervalSince1970: 0),
            secondsPerStep: nil, secondsLeft: left)
    }

    @Test func itSaysWhatIsDone() {
        func line(
            _ running: RunningJobStatus?, waiting: Int = 0, paused: String? = nil, subjects: Int = 2,
            trouble: String? = nil
        ) -> String {
            ServiceStatusLine.text(
                running: running, waiting: waiting, paused: paused, subjects: subjects, trouble: trouble)
        }
        #expect(line(nil) == "nothing to do; looks after 2 subjects")
        #expect(line(nil, subjects: 1, trouble: "x") == "nothing to do; looks after 1 subject; x")
        #expect(line(running(.denoising)) == "toby: step 5 of 20, 25 %")
        #expect(
            line(running(.denoising, left: 61.2), waiting: 1)
                == "toby: step 5 of 20, 25 %, about 62 s left; 1 waits")
        #expect(line(running(.denoising, left: 600)) == "toby: step 5 of 20, 25 %, about 10 min left")
        #expect(line(running(.denoising, left: 9000)) == "toby: step 5 of 20, 25 %, about 3 h left")
        #expect(line(running(.denoising, steps: 0)) == "toby: begins a picture")
        #expect(line(running(.encoding), waiting: 3) == "toby: looks at the photos; 3 wait")
        #expect(line(running(.decoding)) == "toby: steps done, develops the picture")
        #expect(
            line(running(.writing), paused: "the disk is full")
                == "toby: writes the picture; the disk is full")
        #expect(line(nil, waiting: 3, paused: "no model") == "no picture is begun: no model; 3 wait")
    }
}
