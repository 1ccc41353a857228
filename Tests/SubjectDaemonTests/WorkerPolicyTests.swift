import Glibc
import Testing

@testable import SubjectDaemon

/// The rules around a worker, by a clock that the tests hold.
@Suite struct WorkerPolicyTests {
    // MARK: Hanging

    @Test func aWorkerThatGivesNoSignIsHungOnceTheLimitHasPassed() {
        var watch = HangWatch(floor: .seconds(100), at: .zero)
        #expect(watch.interval == .seconds(10))
        for second in stride(from: 10, through: 100, by: 10) {
            #expect(watch.look(at: .seconds(second)) == nil)
        }
        #expect(watch.look(at: .seconds(110)) == .seconds(110))
    }

    @Test func signsOfLifePutItOff() {
        var watch = HangWatch(floor: .seconds(100), at: .zero)
        for second in stride(from: 10, through: 1000, by: 10) {
            #expect(watch.look(at: .seconds(second)) == nil)
            if second % 90 == 0 { watch.sign(at: .seconds(second)) }
        }
    }

    @Test func silencesThatWereNoneMakeTheLimitLonger() {
        var watch = HangWatch(floor: .seconds(100), at: .zero)
        for second in stride(from: 10, through: 90, by: 10) { watch.look(at: .seconds(second)) }
        watch.sign(at: .seconds(90))
        // Twenty times as long as that.
        for second in stride(from: 100, through: 1880, by: 10) {
            #expect(watch.look(at: .seconds(second)) == nil)
        }
        #expect(watch.look(at: .seconds(1900)) != nil)
    }

    @Test func aNightAsleepIsNoSilence() {
        var watch = HangWatch(floor: .seconds(100), at: .zero)
        watch.look(at: .seconds(10))
        #expect(watch.look(at: .seconds(30_000)) == nil)
        watch.sign(at: .seconds(30_001))
        #expect(watch.look(at: .seconds(30_010)) == nil)
        // Nor is a clock that goes back.
        #expect(watch.look(at: .seconds(5)) == nil)
    }

    // MARK: Starting anew

    @Test func afterManyCrashesItWaitsLongerAndLonger() {
        var policy = RestartPolicy()
        var pauses: [Int] = []
        for _ in 1...12 {
            policy.crashed("it fell", at: .zero)
            pauses.append(policy.pause(at: .zero).map { Int($0.left.components.seconds) } ?? 0)
        }
        #expect(pauses == [0, 0, 5, 10, 20, 40, 80, 160, 320, 600, 600, 600])
        #expect(policy.pause(at: .seconds(599))?.reason.contains("12 workers in a row") == true)
        #expect(policy.pause(at: .seconds(600)) == nil)
        policy.succeeded()
        policy.crashed("it fell", at: .seconds(601))
        #expect(policy.pause(at: .seconds(601)) == nil)
    }

    // MARK: Leaving

    @Test func itLeavesAfterTheIdleTimeAsItIsThen() {
        var policy = IdlePolicy(at: .seconds(100))
        #expect(policy.nextLook(at: .seconds(100), idleTime: .seconds(2)) == .seconds(102))
        #expect(policy.nextLook(at: .seconds(100), idleTime: .seconds(300)) == .seconds(105))
        #expect(policy.look(at: .seconds(105), idleTime: .seconds(300), pressure: nil) == nil)
        // A reload made the time shorter.
        #expect(policy.look(at: .seconds(110), idleTime: .seconds(10), pressure: nil) == .idle)
    }

    @Test func memoryPressureThatLastsMakesItLeaveAtOnce() {
        var policy = IdlePolicy(at: .zero)
        let looks: [(Double?, IdlePolicy.Reason?)] = [
            (50, nil), (2, nil), (50, nil), (nil, nil), (11, nil), (11, .pressure),
        ]
        for (number, look) in looks.enumerated() {
            #expect(
                policy.look(at: .seconds(5 * number), idleTime: .seconds(300), pressure: look.0) == look.1)
        }
    }

    @Test func pressureIsReadAsTheKernelWritesIt() {
        let text = """
            some avg10=12.34 avg60=5.00 avg300=1.00 total=123456
            full avg10=3.00 avg60=0.00 avg300=0.00 total=99
            """
        #expect(MemoryPressure.average(text) == 12.34)
        #expect(MemoryPressure.average("") == nil)
        #expect(MemoryPressure.average("some total=1") == nil)
        #expect(
            MemoryPressure.group("4:memory:/x\n0::/system.slice/jedid.service\n")
                == "/sys/fs/cgroup/system.slice/jedid.service")
        #expect(MemoryPressure.group("0::/\n") == "/sys/fs/cgroup")
        #expect(MemoryPressure.group("0::/../../etc\n") == nil)
    }

    // MARK: What it says

    @Test func linesAreCutAndBounded() {
        var cutter = LineCutter()
        #expect(cutter.take(Array("one\ntw".utf8)) == ["one"])
        #expect(cutter.take(Array("o\n\nthree".utf8)) == ["two"])
        #expect(cutter.rest() == "three")
        #expect(cutter.rest() == nil)
        _ = cutter.take([UInt8](repeating: 65, count: 1 << 20))
        #expect(cutter.take([10]).map(\.count) == [LineCutter.limit])

        var budget = LineBudget(2, in: .seconds(60))
        let said = (1...5).flatMap { budget.lines(for: "\($0)", at: .seconds($0)) }
        #expect(said == ["1", "2"])
        #expect(budget.lines(for: "6", at: .seconds(61)) == ["(3 more lines were left out)", "6"])
    }

    @Test func endsAreToldInPlainWords() {
        #expect("\(WorkerEnd(waitStatus: SIGKILL))".contains("signal 9: was memory short?"))
        #expect("\(WorkerEnd(waitStatus: SIGSEGV | 0x80))".contains("segmentation fault"))
        #expect(WorkerEnd(waitStatus: 3 << 8) == .status(3))
        #expect("\(WorkerEnd.silent(seconds: 600))".contains("no sign of life for 600 s"))
    }

    @Test func whatTheServiceManagerToldTheDaemonIsNotForTheWorker() {
        let command = WorkerCommand(
            executable: "/x", arguments: [], environment: ["GOMP_SPINCOUNT": "1000", "A": "1"])
        #expect(
            command.variables(own: ["NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "1", "A": "2", "HOME": "/h"])
                == ["A=2", "GOMP_SPINCOUNT=1000", "HOME=/h"])
    }
}
