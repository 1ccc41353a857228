import ControlAPI
import Foundation
import Images
import Synchronization
import Testing

@testable import SubjectDaemon

@Suite struct CheckpointFileTests {
    private static let checkpoint = StepCheckpoint(
        progress: StepProgress(step: 3, total: 20), state: [0, 10, 255, 10, 7])

    @Test func comesBack() throws {
        let bytes = try CheckpointFile.encode(Self.checkpoint, key: "ab")
        #expect(CheckpointFile.decode(bytes, key: "ab") == Self.checkpoint)
        #expect(CheckpointFile.decode(bytes, key: "ac") == nil)
    }

    @Test func anyDamageIsSeen() throws {
        let bytes = try CheckpointFile.encode(Self.checkpoint, key: "ab")
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x04
            #expect(CheckpointFile.decode(damaged, key: "ab") == nil)
            #expect(CheckpointFile.decode(Array(bytes[..<index]), key: "ab") == nil)
        }
    }

    @Test func theFolderDropsWhatIsDamagedAndWhatIsNobodys() throws {
        let folder = try TestFolder()
        let checkpoints = try CheckpointFolder(folder: folder("c"), logger: SilentLogger.make())
        #expect(checkpoints.load("ab") == nil)
        checkpoints.store(Self.checkpoint, for: "ab")
        checkpoints.store(Self.checkpoint, for: "cd")
        #expect(checkpoints.load("ab") == Self.checkpoint)
        try folder.write("c/.jedi-x.part", "half")
        checkpoints.sweep(but: ["ab"])
        #expect(folder.names("c") == ["ab.checkpoint"])
        try folder.write("c/ab.checkpoint", "damaged")
        #expect(checkpoints.load("ab") == nil)
        #expect(folder.names("c").isEmpty)
    }
}

/// A clock that stands until it is moved.
private final class StandingTime: TimeSource {
    private struct State {
        var uptime: Duration = .zero
        var sleepers: [(until: Duration, wake: CheckedContinuation<Void, any Error>, id: Int)] = []
        var next = 0
    }

    private let state = Mutex(State())

    var now: Moment { Moment(uptime: state.withLock { $0.uptime }, wall: 0) }
    var sleeping: Int { state.withLock { $0.sleepers.count } }

    func sleep(until uptime: Duration) async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wake in
                let isOver = state.withLock { state in
                    if state.uptime >= uptime || Task.isCancelled { return true }
                    state.sleepers.append((uptime, wake, id))
                    return false
                }
                if isOver { wake.resume() }
            }
        } onCancel: {
            let wake = state.withLock { state in
                defer { state.sleepers.removeAll { $0.id == id } }
                return state.sleepers.first { $0.id == id }?.wake
            }
            wake?.resume(throwing: CancellationError())
        }
    }

    func advance(to uptime: Duration) {
        let due = state.withLock { state in
            state.uptime = uptime
            defer { state.sleepers.removeAll { $0.until <= uptime } }
            return state.sleepers.filter { $0.until <= uptime }
        }
        for sleeper in due { sleeper.wake.resume() }
    }
}

@Suite struct LatestFileTests {
    @Test func theNewestIsKeptAndNotMoreOftenThanOnceAnInterval() async throws {
        let time = StandingTime()
        let written = Mutex<[Int]>([])
        let file = LatestFile<Int>(interval: .seconds(1), time: time) { value in
            written.withLock { $0.append(value) }
        }
        file.offer(1)
        #expect(await eventually { written.withLock { $0 } == [1] })
        for value in 2...50 { file.offer(value) }
        #expect(await eventually { time.sleeping == 1 })
        #expect(written.withLock { $0 } == [1])
        time.advance(to: .seconds(1))
        #expect(await eventually { written.withLock { $0 } == [1, 50] })
        file.offer(51)
        #expect(await eventually { time.sleeping == 1 })
        await file.flush()
        #expect(written.withLock { $0 } == [1, 50, 51])
        await file.flush()
        #expect(written.withLock { $0 } == [1, 50, 51])
    }

    @Test func whatIsDroppedIsNotWritten() async throws {
        let time = StandingTime()
        let written = Mutex<[Int]>([])
        let file = LatestFile<Int>(interval: .seconds(1), time: time) { value in
            written.withLock { $0.append(value) }
        }
        file.offer(1)
        #expect(await eventually { written.withLock { $0 } == [1] })
        file.offer(2)
        #expect(await eventually { time.sleeping == 1 })
        await file.drop()
        #expect(written.withLock { $0 } == [1])
        // And the interval holds again.
        file.offer(3)
        #expect(await eventually { time.sleeping == 1 })
        time.advance(to: .seconds(1))
        #expect(await eventually { written.withLock { $0 } == [1, 3] })
    }
}

@Suite struct PictureRecordTests {
    private static let plan = PlannedJob(
        key: String(repeating: "ab", count: 32), subject: "toby", prompt: "a toy", options: PictureOptions(),
        seed: 7, references: [.init(name: "a.jpg", contentHash: "11")], source: "prompt.txt")

    private func png(_ parameters: String) throws -> [UInt8] {
        try PNGEncoder.encode(
            RGBImage(width: 32, height: 16, pixels: [UInt8](repeating: 7, count: 32 * 16 * 3)),
            text: [PNGText(keyword: "parameters", text: parameters)])
    }

    @Test func saysWhatItWasStartedFrom() throws {
        var plan = Self.plan
        plan.start = StartPhotos(
            photo: .init(name: "a.jpg", contentHash: "11"), mask: .init(name: "mask.png", contentHash: "22"))
        let job = Job(
            plan: plan, state: .running, attempts: 1, position: 1,
            createdAt: Date(timeIntervalSince1970: 10))
        let record = PictureRecord(
            job, png: try png("a toy"), hash: "0", description: nil, startedAt: nil,
            finishedAt: Date(timeIntervalSince1970: 32))
        #expect(record.strength == 1)
        let text = String(decoding: try record.encoded(), as: UTF8.self).filter { !$0.isWhitespace }
        #expect(
            text.contains(
                #""start":{"init":{"contentHash":"11","name":"a.jpg"},"mask":{"contentHash":"22","name":"mask.png"}}"#
            ), "\(text)")
    }

    @Test func saysWhatThePictureSays() throws {
        let text = "a toy\nSteps: 20, Sampler: DPM++ 2M, Size: 32x16, Reference mode: cached, Version: x"
        let png = try png(text)
        let job = Job(
            plan: Self.plan, state: .running, attempts: 2, position: 1,
            createdAt: Date(timeIntervalSince1970: 10))
        let record = PictureRecord(
            job, png: png, hash: FileBytes.sha256(of: png),
            description: EngineDescription(
                model: "toybox", modelHash: "77", defaultMode: "joint", width: 64, height: 64),
            startedAt: Date(timeIntervalSince1970: 20), finishedAt: Date(timeIntervalSince1970: 32))
        #expect(record.sampler == "DPM++ 2M" && record.steps == 20 && record.mode == "cached")
        #expect(record.width == 32 && record.height == 16 && record.seconds == 12 && record.attempts == 2)
        #expect(record.parameters == text && record.bytes == png.count)
        let bytes = try record.encoded()
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        #expect(try decoder.decode(PictureRecord.self, from: Data(bytes)) == record)
        #expect(PictureRecord.isRecord(bytes, of: Self.plan.shortID))
        #expect(!PictureRecord.isRecord(bytes, of: "other"))
        #expect(!PictureRecord.isRecord(Array("{}".utf8), of: Self.plan.shortID))
    }

    @Test func aPersonsFileOfItsNameIsNotTouchedAndThePictureGoesBesideAnother() throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/toby/output")
        let output = OutputFolder(root: folder("root"), subject: "toby")
        let record = Array(#"{"schema":"jedi.picture/1","job":"\#(Self.plan.shortID)"}"#.utf8)
        let stem = Self.plan.outputName.dropLast(4)
        try folder.write("root/toby/output/\(stem).json", "mine")
        let path = try output.write(FinishedPicture(png: try png(""), record: record), of: Self.plan)
        #expect(path.hasSuffix("-2.png"))
        #expect(folder.read("root/toby/output/\(stem).json") == "mine")
        #expect(folder.names("root/toby/output") == ["\(stem)-2.json", "\(stem)-2.png", "\(stem).json"])
    }

    @Test func aRecordOfAnAttemptThatCrashedIsReplacedOrTakenAway() throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/toby/output")
        let output = OutputFolder(root: folder("root"), subject: "toby")
        let stem = Self.plan.outputName.dropLast(4)
        let old = #"{"schema":"jedi.picture/1","job":"\#(Self.plan.shortID)","old":1}"#
        try folder.write("root/toby/output/\(stem).json", old)
        try folder.write("root/toby/output/.jedi-\(stem).png.part", "half")
        try folder.write("root/toby/output/.jedi-\(stem).json.part", "half")
        output.removeLeftovers(of: Self.plan)
        #expect(folder.names("root/toby/output").isEmpty)
        try folder.write("root/toby/output/\(stem).json", old)
        let record = Array(#"{"schema":"jedi.picture/1","job":"\#(Self.plan.shortID)"}"#.utf8)
        let path = try output.write(FinishedPicture(png: try png(""), record: record), of: Self.plan)
        #expect(path.hasSuffix("\(stem).png"))
        #expect(try folder.bytes("root/toby/output/\(stem).json") == record)
        output.removeLeftovers(of: Self.plan)
        #expect(folder.exists("root/toby/output/\(stem).json"))
    }
}

@Suite struct HookTests {
    private func run(_ command: [String], seconds: Double = 60, ended: Bool = false) async throws
        -> HookProcess.Result
    {
        try await onThread {
            HookProcess.run(
                command, environment: ["JEDI_JOB": "abc", "PATH": "/usr/bin:/bin"],
                timeLimit: .milliseconds(Int(seconds * 1000))
            ) { ended }
        }
    }

    @Test func hearsWhatItSaysAndHowItEnds() async throws {
        let said = try await run(["sh", "-c", "echo job $JEDI_JOB; echo oops >&2; pwd"])
        #expect(said == HookProcess.Result(lines: ["job abc", "oops", "/"]))
        #expect(try await run(["/bin/sh", "-c", "exit 3"]).problem == "ended with status 3")
        #expect(try await run(["/bin/sh", "-c", "kill -TERM $$"]).problem == "was ended by signal 15")
        let missing = try await run(["/nonexistent/program"])
        #expect(missing.problem?.contains("could not be started: No such file") == true)
    }

    @Test func oneThatTakesTooLongIsKilledWithAllItStarted() async throws {
        let folder = try TestFolder()
        let result = try await run(
            ["sh", "-c", "(sleep 3600; true) & echo $! > \(folder("pid")); wait"], seconds: 0.5)
        #expect(result.problem == "took longer than 0.5 s and was killed")
        let child = try #require(folder.read("pid").flatMap { Int32($0.dropLast()) })
        // Gone, or a corpse that nobody collected yet.
        #expect(
            await eventually {
                let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
                return state == nil || state?.split(separator: " ")[2] == "Z"
            })
    }

    @Test func endlessOutputIsBounded() async throws {
        let result = try await run(["yes", "no end of this"], seconds: 0.5)
        #expect(result.lines.count == 20 && result.problem?.contains("was killed") == true)
    }

    @Test func oneThatLeavesSomethingBehindIsNotWaitedFor() async throws {
        // What it leaves holds its output open.
        let result = try await run(["sh", "-c", "sleep 5 & echo done"])
        #expect(result == HookProcess.Result(lines: ["done"]))
    }

    @Test func theEndOfTheDaemonDoesNotWaitForIt() async throws {
        let result = try await run(["sleep", "30"], ended: true)
        #expect(result.problem?.contains("left to itself") == true)
    }

    @Test func theLastHundredEventsStay() throws {
        let folder = try TestFolder()
        let events = EventFolder(folder: folder("events"))
        let plan = PlannedJob(
            key: "abcdef0123456789", subject: "toby", prompt: "x", options: PictureOptions(), seed: 1,
            references: [])
        for _ in 1...103 { try events.add(JobEvent(plan, state: .done, output: "/o.png")) }
        let names = folder.names("events")
        #expect(names.count == 100)
        #expect(names.last == "0000000103-abcdef0123-done.json")
        let text = try #require(folder.read("events/\(names[0])"))
        #expect(text.contains(#""schema":"jedi.event/1""#) && text.contains(#""output":"/o.png""#))
    }
}

@Suite struct PrometheusTextTests {
    @Test func theFormIsExact() {
        var text = PrometheusText()
        text.gauge("a", "Line\nand \\ slash.", [.init(1.5, [("x", "q\"u\\o\nte"), ("y", "ü")]), .init(-2)])
        text.counter("b_total", "Many.", [.init(1e15)])
        text.counter("none", "Nothing.", [])
        var histogram = Histogram(bounds: [0.1, 1, 10])
        for value in [0.05, 0.1, 5, 100] { histogram.observe(value) }
        text.histogram("h", "Spread.", histogram)
        text.gauge("odd", "Odd.", [.init(.nan), .init(.infinity), .init(-.infinity)])
        #expect(
            text.text == """
                # HELP a Line\\nand \\\\ slash.
                # TYPE a gauge
                a{x="q\\"u\\\\o\\nte",y="ü"} 1.5
                a -2
                # HELP b_total Many.
                # TYPE b_total counter
                b_total 1000000000000000
                # HELP h Spread.
                # TYPE h histogram
                h_bucket{le="0.1"} 2
                h_bucket{le="1"} 2
                h_bucket{le="10"} 3
                h_bucket{le="+Inf"} 4
                h_sum 105.15
                h_count 4
                # HELP odd Odd.
                # TYPE odd gauge
                odd NaN
                odd +Inf
                odd -Inf

                """)
    }
}
