import ControlAPI
import DaemonTestSupport
import Foundation
import Synchronization
import Testing

@testable import SubjectDaemon

/// What is done around pictures, on a whole daemon: room for them, records, hooks, figures, and what is removed again.
@Suite struct JobCareTests {
    // MARK: Memory

    @Test func aJobWaitsForMemoryAndOneThatIsTooLargeIsHeld() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        let facts = Mutex(MemoryFacts(total: 100 << 20, available: 10 << 20))
        daemon.engine.setMemoryNeeded(50 << 20)
        try await daemon.start { $0.memory = { facts.withLock { $0 } } }
        #expect(await eventually { (try? await daemon.status().paused)?.contains("memory is short") == true })
        #expect(daemon.engine.record.generated.isEmpty)
        facts.withLock { $0.available = 60 << 20 }
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.isIdle())
        #expect(try await daemon.status().paused == nil)

        daemon.engine.setMemoryNeeded(200 << 20)
        try daemon.prompt("toby", "one\ntwo")
        #expect(await eventually { (try? await daemon.queue.jobs(JobQuery(states: [.held])))?.count == 1 })
        #expect(
            try await daemon.queue.jobs(JobQuery(states: [.held])).first?.reason?.contains("200 MiB") == true)
        #expect(try await daemon.status().paused == nil)
        try await daemon.stop()
    }

    // MARK: Times

    @Test func timesAreSaidOnceMeasuredAndOutliveARestart() async throws {
        let daemon = try DaemonHarness(engine: FakeEngine(steps: 5, stepTime: .milliseconds(20)))
        try daemon.addSubject("toby", photos: [1])
        let isOpen = Mutex(false)
        let wait: FakeEngine.Mischief = { _ in
            while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
        }
        daemon.engine.setMischief(wait)
        try daemon.prompt("toby", "one\ntwo")
        try await daemon.start()
        #expect(await eventually { (try? await daemon.status())?.running != nil })
        let before = try await daemon.status()
        #expect(before.running?.secondsLeft == nil)
        #expect(
            before.waiting.map(\.secondsUntilStart) == [nil] && before.waiting.map(\.secondsLeft) == [nil])
        isOpen.withLock { $0 = true }
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(try await daemon.isIdle())
        try await daemon.stop()

        let next = try DaemonHarness(folder: daemon.folder)
        // Its steps are known once the first is done.
        next.engine.setStepMischief { _, step in if step > 1 { try await Task.sleep(for: .seconds(3600)) } }
        try next.prompt("toby", "three\nfour\nfive --")
        try await next.start()
        #expect(await eventually { (try? await next.status())?.running?.step == 1 })
        let waiting = try await next.status().waiting
        #expect(waiting.count == 2)
        let (first, second) = (waiting[0], waiting[1])
        let start = try #require(first.secondsUntilStart)
        let end = try #require(first.secondsLeft)
        #expect(start >= 0 && end > start)
        #expect(second.secondsUntilStart == end || (second.secondsUntilStart ?? 0) >= end)
        try await next.stop()
    }

    // MARK: Records

    @Test func everyPictureSaysBesideItHowItWasMade() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1, 2])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.isIdle())
        let job = try #require(try await daemon.status().recent.first)
        let output = try #require(job.output)
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let record = try decoder.decode(
            PictureRecord.self, from: Data(contentsOf: URL(filePath: OutputFolder.recordPath(output))))
        #expect(record.schema == "jedi.picture/1" && record.job == job.id && record.prompt == "one")
        #expect(record.model == .init(name: "fake", hash: "abc123") && record.source == "prompt.txt")
        #expect(record.references.map(\.name) == ["photo1.png", "photo2.png"])
        #expect(record.sha256 == FakeEngine.hash([UInt8](try Data(contentsOf: URL(filePath: output)))))
        #expect(
            record.width == 16 && record.height == 16 && record.parameters?.hasPrefix("one\nSeed: ") == true)
        try await daemon.stop()
    }

    @Test func anAdoptedPictureGetsItsRecord() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        let folder = daemon.folder
        let stem = Mutex("")
        daemon.engine.setMischief { request in
            try folder.makeFolder("root/toby/output")
            let name = "toby-\(request.jobID)-\(request.seed)"
            try folder.write("root/toby/output/\(name).png", try TestPhoto.png(5))
            stem.withLock { $0 = name }
            try await Task.sleep(for: .seconds(3600))
        }
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await eventually { stem.withLock { !$0.isEmpty } })
        await daemon.crash()
        let next = try DaemonHarness(folder: folder)
        try await next.start()
        #expect(await eventually { (try? await next.status().recent.first?.state) == .done })
        let record = try #require(folder.read("root/toby/output/\(stem.withLock { $0 }).json"))
        let hash = FakeEngine.hash(try TestPhoto.png(5))
        #expect(record.contains("jedi.picture/1") && record.contains(hash))
        #expect(next.engine.record.generated.isEmpty)
        try await next.stop()
    }

    // MARK: Hooks

    @Test func hooksHearOfWhatEndedAndTheirFailureIsNobodysTrouble() async throws {
        let folder = try TestFolder()
        let log = folder("hooks")
        let daemon = try DaemonHarness(folder: folder) {
            $0.hooks = HookCommands(
                done: [
                    "sh", "-c",
                    "echo \"$JEDI_STATE|$JEDI_SUBJECT|$JEDI_PROMPT|$JEDI_OUTPUT\" >> \(log); exit 1",
                ],
                failed: ["sh", "-c", "echo \"$JEDI_STATE|$JEDI_JOB|$JEDI_REASON\" >> \(log)"], events: true)
        }
        try daemon.addSubject("toby", photos: [1])
        daemon.engine.setMischief { request in
            if request.prompt != "one; rm -rf $HOME" { throw EngineFailure("no tensor") }
        }
        try daemon.prompt("toby", "one; rm -rf $HOME\ntwo")
        try await daemon.start()
        #expect(await eventually { folder.read("hooks")?.split(separator: "\n").count == 2 })
        let recent = try await daemon.status().recent
        let done = try #require(recent.first { $0.state == .done })
        let failed = try #require(recent.first { $0.state == .failed })
        let lines = Set(try #require(folder.read("hooks")).split(separator: "\n").map(String.init))
        #expect(
            lines == [
                "done|toby|one; rm -rf $HOME|\(try #require(done.output))", "failed|\(failed.id)|no tensor",
            ])
        #expect(
            Set(folder.names("state/events").map { $0.dropFirst(11) })
                == ["\(done.id)-done.json", "\(failed.id)-failed.json"])
        try await daemon.stop()
    }

    @Test func aSlowHookHoldsUpNeitherJobsNorTheEnd() async throws {
        let daemon = try DaemonHarness { $0.hooks = HookCommands(done: ["sleep", "3600"]) }
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one\ntwo\nthree")
        try await daemon.start()
        #expect(await daemon.hasPictures(3, "toby"))
        #expect(try await daemon.isIdle())
        try await daemon.stop()
    }

    // MARK: Retention

    @Test func oldPicturesGoAsTheRuleSaysAndWhatIsAPersonsStays() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one\ntwo\nthree\nfour")
        try await daemon.start()
        #expect(await daemon.hasPictures(4, "toby"))
        #expect(try await daemon.isIdle())
        try await daemon.stop()
        let folder = daemon.folder
        let jobs = try await statuses(folder)
        func output(_ prompt: String) throws -> String {
            let path = try #require(jobs.first { $0.prompt == prompt }?.output)
            return String(path.dropFirst(folder("root/toby/output/").count))
        }
        let names = try ["one", "two", "three", "four"].map(output)
        // One is put away, one is painted over, and a file of a person bears a name like the daemon's.
        try folder.makeFolder("root/toby/output/keep")
        try folder.move("root/toby/output/\(names[0])", to: "root/toby/output/keep/\(names[0])")
        try folder.write("root/toby/output/\(names[1])", try TestPhoto.png(77))
        try folder.write("root/toby/output/toby-0123456789-1.png", try TestPhoto.png(78))

        let next = try DaemonHarness(folder: folder) { $0.retention = RetentionRule(count: 1) }
        try await next.start()
        let queue = try next.queue
        let told = try await queue.applyRetention(dryRun: true)
        #expect(told == [folder("root/toby/output/\(names[2])")])
        #expect(folder.exists("root/toby/output/\(names[2])"))
        #expect(try await queue.applyRetention(dryRun: false) == told)
        #expect(!folder.exists("root/toby/output/\(names[2])"))
        #expect(!folder.exists(OutputFolder.recordPath("root/toby/output/\(names[2])")))
        for name in ["keep/\(names[0])", names[1], names[3], "toby-0123456789-1.png"] {
            #expect(folder.exists("root/toby/output/\(name)"), "\(name)")
        }
        #expect(try await queue.jobs(JobQuery(states: [.done])).count == 4)
        // A new picture is tidied after at once, and what went is not made again.
        try next.prompt("toby", "one\ntwo\nthree\nfour\nfive")
        #expect(await eventually { next.engine.record.generated.map(\.prompt) == ["five"] })
        #expect(await eventually { !folder.exists("root/toby/output/\(names[3])") })
        #expect(try await next.isIdle())
        #expect(next.engine.record.generated.count == 1)
        try await next.stop()
    }

    private func statuses(_ folder: TestFolder) async throws -> [JobStatus] {
        let store = try JobStore(path: folder("state/jobs.sqlite"))
        defer { store.close() }
        return try await store.jobs(in: [.done], limit: 100).map { $0.status() }
    }

    // MARK: Figures

    @Test func theFiguresAreThere() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1, 2])
        try daemon.prompt("toby", "one\ntwo")
        try await daemon.start()
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(try await daemon.isIdle())
        let lines = Set(try await daemon.queue.metrics().split(separator: "\n").map(String.init))
        let wanted = [
            #"jedi_jobs{state="done"} 2"#, #"jedi_jobs{state="queued"} 0"#, "jedi_pictures_made_total 2",
            "jedi_photos_encoded_total 2", "jedi_reference_cache_hits_total 2",
            "jedi_reference_cache_misses_total 2", #"jedi_subjects{backend="inotify"} 1"#,
            "jedi_picture_seconds_count 2", "jedi_step_seconds_count 2", "jedi_steps_total 8",
            "jedi_root_available 1", "jedi_queue_paused 0", "jedi_engine_interruptions_total 0",
        ]
        for line in wanted { #expect(lines.contains(line), "\(line)") }
        for name in [
            "jedi_resident_bytes ", "jedi_reference_cache_bytes ", #"jedi_free_bytes{place="root"} "#,
        ] {
            let line = try #require(lines.first { $0.hasPrefix(name) })
            #expect((Double(line.dropFirst(name.count)) ?? 0) > 0)
        }
        // Every line is a comment or a name, perhaps labels, and a number.
        for line in lines where !line.hasPrefix("#") {
            #expect(line.wholeMatch(of: /[a-z_]+(\{[^}]*\})? [-+0-9.eE]+/) != nil, "\(line)")
        }
        try await daemon.stop()
    }
}
