import ControlAPI
import DaemonTestSupport
import Foundation
import Logging
import Synchronization
import Testing

@testable import SubjectDaemon

/// An engine in another process: real processes, really killed. What they run is the fake engine.
@Suite struct WorkerEngineTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private func engine(
        stepMilliseconds: Int = 0, fault: String? = nil, limits: WorkerLimits = WorkerLimits(),
        time: any TimeSource = SystemTime(), pressure: @escaping @Sendable () -> Double? = { nil }
    ) throws -> WorkerEngine {
        var logger = Logger(label: "test") { _ in PlainLogHandler(level: .critical) }
        logger.logLevel = .critical
        if ProcessInfo.processInfo.environment["JEDI_TEST_LOG"] != nil {
            logger = Logger(label: "test") { _ in PlainLogHandler(level: .debug) }
        }
        return WorkerEngine(
            try FakeProgram.worker(log: folder("log"), stepMilliseconds: stepMilliseconds, fault: fault),
            logger: logger, limits: limits, time: time, pressure: pressure)
    }

    private static let request = PictureRequest(
        subject: "toby", jobID: "job1", prompt: "a dog", seed: 5, options: PictureOptions(), references: [])

    private static func pid(_ engine: WorkerEngine) -> Int32? {
        if case .ready(let pid)? = engine.condition { return pid }
        return nil
    }

    private static func lives(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

    /// What an engine told of a picture.
    private final class Events: Sendable {
        private let all = Mutex<[PictureEvent]>([])

        func take(_ event: PictureEvent) { all.withLock { $0.append(event) } }

        var steps: [Int] {
            all.withLock { $0.compactMap { if case .step(let step) = $0 { step.step } else { nil } } }
        }

        var checkpoint: StepCheckpoint? {
            all.withLock {
                $0.last { if case .checkpoint = $0 { true } else { false } }
            }.flatMap { if case .checkpoint(let checkpoint) = $0 { checkpoint } else { nil } }
        }
    }

    @Test func whatComesOverThePipesIsWhatTheEngineMakes() async throws {
        let engine = try engine()
        #expect(engine.condition == .absent)
        let here = FakeEngine(steps: 20)
        #expect(try await engine.describe() == here.describe())
        let pid = try #require(Self.pid(engine))
        #expect(pid != getpid() && getpgid(pid) == pid)
        #expect(try #require(engine.residentBytes) > 0)

        let photo = try TestPhoto.png(7)
        try folder.write("photo.png", photo)
        let asked = ReferenceRequest(
            path: folder("photo.png"), contentHash: FakeEngine.hash(photo), width: 16, height: 16)
        let reference = try await engine.encodeReference(asked)
        #expect(try await reference == here.encodeReference(asked))
        var wrong = asked
        wrong.contentHash = "00"
        await #expect(throws: PhotoRejection("it changed", fault: .changed)) {
            try await engine.encodeReference(wrong)
        }

        let events = Events()
        let picture = try await engine.generate(
            Self.request, references: [reference], resumingFrom: nil
        ) { events.take($0) }
        let same = try await here.generate(
            Self.request, references: [reference], resumingFrom: nil
        ) { _ in }
        #expect(picture == same)
        #expect(events.steps == Array(1...20))
        await engine.unload()
        #expect(engine.condition == .asleep && !Self.lives(pid))
    }

    @Test func killedInTheMiddleItCostsTheCallAndTheNextGoesOnFromTheCheckpoint() async throws {
        let engine = try engine(stepMilliseconds: 20)
        _ = try await engine.describe()
        let pid = try #require(Self.pid(engine))
        let events = Events()
        let error = await #expect(throws: EngineInterruption.self) {
            try await engine.generate(Self.request, references: [], resumingFrom: nil) {
                events.take($0)
                if events.steps.count == 5 { kill(pid, SIGKILL) }
            }
        }
        #expect(error?.reason.contains("signal 9") == true)
        let checkpoint = try #require(events.checkpoint)
        #expect(checkpoint.progress.step >= 4)

        let more = Events()
        let picture = try await engine.generate(
            Self.request, references: [], resumingFrom: checkpoint
        ) { more.take($0) }
        #expect(more.steps == Array((checkpoint.progress.step + 1)...20))
        #expect(try #require(Self.pid(engine)) != pid)
        let whole = try await FakeEngine(steps: 20).generate(
            Self.request, references: [], resumingFrom: nil
        ) { _ in }
        #expect(picture == whole)

        // A checkpoint of another picture is left aside.
        var other = Self.request
        other.prompt = "a cat"
        let all = Events()
        _ = try await engine.generate(other, references: [], resumingFrom: checkpoint) { all.take($0) }
        #expect(all.steps == Array(1...20))
        await engine.unload()
    }

    @Test(arguments: [
        ("garbage", "a message was damaged"), ("too long", "longer than"),
        ("another protocol", "protocol 9"), ("status", "status 3"), ("cut short", "a message was damaged"),
    ])
    func aWorkerThatMakesNoSenseIsEnded(_ fault: String, _ reason: String) async throws {
        // However long the processes take, the pause after the third is not over.
        let engine = try engine(fault: fault, time: SlowTime())
        let error = await #expect(throws: EngineInterruption.self) { try await engine.describe() }
        #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
        guard case .unavailable(let shown)? = engine.condition else {
            Issue.record("\(String(describing: engine.condition))")
            return
        }
        #expect(shown.contains(reason))
        // Again and again: it is not started for ever.
        for _ in 1...2 { await #expect(throws: EngineInterruption.self) { try await engine.describe() } }
        let late = await #expect(throws: EngineInterruption.self) { try await engine.describe() }
        #expect(late?.reason.contains("3 workers in a row") == true, "\(late?.reason ?? "")")
        await engine.unload()
    }

    @Test func aProgramThatIsNotThereIsNamed() async throws {
        var logger = Logger(label: "test") { _ in PlainLogHandler(level: .critical) }
        logger.logLevel = .critical
        let engine = WorkerEngine(
            WorkerCommand(executable: "/nowhere/jedid", arguments: ["jedid"]), logger: logger)
        let error = await #expect(throws: EngineInterruption.self) { try await engine.describe() }
        #expect(error?.reason.contains("/nowhere/jedid") == true)
    }

    @Test func aCrashIsTheEndOfACallAndOfNothingElse() async throws {
        let engine = try engine(fault: "crash")
        _ = try await engine.describe()
        let error = await #expect(throws: EngineInterruption.self) {
            try await engine.generate(Self.request, references: [], resumingFrom: nil) { _ in }
        }
        #expect(error?.reason.contains("signal 6") == true)
        _ = try await engine.describe()
        await engine.unload()
    }

    @Test func aWorkerThatHangsIsKilled() async throws {
        var limits = WorkerLimits()
        limits.silence = .seconds(2)
        let engine = try engine(fault: "silent", limits: limits)
        _ = try await engine.describe()
        let pid = try #require(Self.pid(engine))
        let error = await #expect(throws: EngineInterruption.self) {
            try await engine.generate(Self.request, references: [], resumingFrom: nil) { _ in }
        }
        #expect(error?.reason.contains("no sign of life") == true)
        #expect(!Self.lives(pid))
        await engine.unload()
    }

    @Test func cancellingStopsAtTheNextStepAndLeavesACheckpoint() async throws {
        let engine = try engine(stepMilliseconds: 20)
        _ = try await engine.describe()
        let pid = try #require(Self.pid(engine))
        let events = Events()
        let task = Mutex<Task<Picture, any Error>?>(nil)
        let made = Task {
            try await engine.generate(Self.request, references: [], resumingFrom: nil) {
                events.take($0)
                if events.steps.count == 3 { task.withLock { $0?.cancel() } }
            }
        }
        task.withLock { $0 = made }
        if events.steps.count >= 3 { made.cancel() }
        await #expect(throws: CancellationError.self) { try await made.value }
        #expect(try #require(events.checkpoint).progress.step == events.steps.last)
        #expect(events.steps.count < 20)
        // The worker goes on living.
        _ = try await engine.describe()
        #expect(Self.pid(engine) == pid)
        await engine.unload()
    }

    @Test func aWorkerThatDoesNotHeedACancellationIsKilled() async throws {
        var limits = WorkerLimits()
        limits.cancelGrace = .milliseconds(100)
        let engine = try engine(fault: "silent", limits: limits)
        _ = try await engine.describe()
        let pid = try #require(Self.pid(engine))
        let made = Task {
            try await engine.generate(Self.request, references: [], resumingFrom: nil) { _ in }
        }
        #expect(await eventually { folder.read("log")?.contains("began") == true })
        made.cancel()
        await #expect(throws: CancellationError.self) { try await made.value }
        #expect(!Self.lives(pid))
        await engine.unload()
    }

    @Test(arguments: [false, true]) func itLeavesWhenItHasNothingToDoAndComesAgain(pressed: Bool) async throws
    {
        let engine = try engine(pressure: { pressed ? 80 : nil })
        await engine.follow { EngineRules(idleTime: pressed ? .seconds(3600) : .milliseconds(50)) }
        let description = try await engine.describe()
        #expect(await eventually { engine.condition == .asleep })
        #expect(try await engine.describe() == description)
        await engine.unload()
    }

    @Test func anotherCommandHoldsFromTheNextCallOn() async throws {
        let engine = try engine(stepMilliseconds: 20)
        _ = try await engine.describe()
        let first = try #require(Self.pid(engine))
        let made = Task {
            try await engine.generate(Self.request, references: [], resumingFrom: nil) { _ in }
        }
        #expect(await eventually { folder.read("log")?.contains("began") == true })
        await engine.update(try FakeProgram.worker(log: folder("other"), stepMilliseconds: 1))
        _ = try await made.value
        #expect(Self.pid(engine) == first)
        #expect(folder.read("other") == nil)
        _ = try await engine.generate(Self.request, references: [], resumingFrom: nil) { _ in }
        #expect(!Self.lives(first))
        #expect(folder.read("other")?.contains("began") == true)
        await engine.unload()
    }

    @Test func itDoesNotLeaveInTheMiddleOfAPicture() async throws {
        let engine = try engine(stepMilliseconds: 20)
        await engine.follow { EngineRules(idleTime: .milliseconds(1)) }
        let events = Events()
        _ = try await engine.generate(Self.request, references: [], resumingFrom: nil) { events.take($0) }
        #expect(events.steps == Array(1...20))
        await engine.unload()
    }

    @Test func whatAWorkerSaysIsPassedOnWithinBounds() async throws {
        let lines = LineCollector()
        let engine = WorkerEngine(
            try FakeProgram.worker(log: folder("log"), fault: "talks"),
            logger: Logger(label: "test") { _ in lines })
        _ = try await engine.describe()
        #expect(await eventually { lines.all.contains { $0.contains("line 90") } })
        await engine.unload()
        let said = lines.all.filter { $0.contains(": line ") || $0.contains(": x") }
        #expect(said.count == 100)
        #expect(said.allSatisfy { $0.utf8.count < 2100 })
    }
}

/// Keeps what is logged.
private struct LineCollector: LogHandler {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private let lines = Lines()
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    var all: [String] { lines.all.withLock { $0 } }

    func log(event: LogEvent) { lines.all.withLock { $0.append("\(event.message)") } }
}

/// A clock that goes slowly; who waits for it waits as long as by any other.
private struct SlowTime: TimeSource {
    private let start = SystemTime().now

    var now: Moment {
        let gone = SystemTime().now.uptime - start.uptime
        return start.advanced(by: gone / 100)
    }

    func sleep(until uptime: Duration) async throws {
        let system = SystemTime()
        try await system.sleep(until: system.now.uptime + (uptime - now.uptime))
    }
}
