import ControlAPI
import DaemonTestSupport
import Foundation
import Synchronization
import Testing

@testable import SubjectDaemon

/// What a person does to the queue, on a whole daemon.
@Suite struct JobControlTests {
    /// Stops each job before that step until it is cancelled or the latch is opened.
    private final class Latch: Sendable {
        private let isOpen = Mutex(false)

        func open() { isOpen.withLock { $0 = true } }

        /// Returns once it is open; throws at cancellation.
        func wait() async throws {
            while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
        }
    }

    private func harness(
        _ folder: TestFolder? = nil, steps: Int = 6, change: (inout DaemonConfiguration) -> Void = { _ in }
    ) throws -> DaemonHarness {
        try DaemonHarness(folder: folder, engine: FakeEngine(steps: steps), change: change)
    }

    /// Waits until the first job has done so many steps.
    private func hasDone(_ steps: Int, _ daemon: DaemonHarness) async -> Bool {
        await eventually { daemon.engine.record.stepsByJob.values.contains { $0.count >= steps } }
    }

    private func picture(_ job: JobStatus) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: try #require(job.output))))
    }

    // MARK: In the middle of a picture

    @Test func pausedInTheMiddleItGoesOnAfterARestartToTheSameBytes() async throws {
        let daemon = try harness()
        try daemon.addSubject("toby", photos: [1])
        daemon.engine.setStepMischief { _, step in if step == 4 { try await Latch().wait() } }
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await hasDone(3, daemon))
        try await daemon.queue.pause()
        #expect(await eventually { (try? await daemon.status())?.running == nil })
        let paused = try await daemon.status()
        #expect(paused.paused?.contains("jedictl resume") == true)
        #expect(paused.waiting.map(\.attempts) == [0] && paused.waiting[0].secondsUntilStart == nil)
        #expect(daemon.folder.names("state/checkpoints").count == 1)
        try await daemon.stop()

        let next = try harness(daemon.folder)
        try await next.start()
        #expect(try await next.status().paused != nil)
        #expect(next.engine.record.generated.isEmpty)
        try await next.queue.resume()
        #expect(await next.hasPictures(1, "toby"))
        #expect(try await next.isIdle())
        #expect(next.engine.record.resumed == [3])
        #expect(next.engine.record.stepsByJob.values.map { $0 } == [[4, 5, 6]])
        let first = try #require(try await next.status().recent.first)
        #expect(first.state == .done && first.attempts == 1)
        #expect(next.folder.names("state/checkpoints").isEmpty)

        let again = try await next.queue.rerun(JobSelection(ids: [first.id]), newSeed: false)
        #expect(await next.hasPictures(2, "toby"))
        #expect(try await next.isIdle())
        let second = try #require(try await next.status().recent.first { $0.id == again[0].id })
        #expect(try picture(first) == picture(second))
        #expect(first.output != second.output)
        try await next.stop()
    }

    @Test func aDamagedCheckpointCostsOnlyItsSteps() async throws {
        let daemon = try harness()
        try daemon.addSubject("toby", photos: [1])
        daemon.engine.setStepMischief { _, step in if step == 4 { try await Latch().wait() } }
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await hasDone(3, daemon))
        try await daemon.stop()
        let name = try #require(daemon.folder.names("state/checkpoints").first)
        var bytes = try daemon.folder.bytes("state/checkpoints/\(name)")
        bytes[bytes.count / 2] ^= 1
        try daemon.folder.write("state/checkpoints/\(name)", bytes)
        let next = try harness(daemon.folder)
        try await next.start()
        #expect(await next.hasPictures(1, "toby"))
        #expect(next.engine.record.resumed.isEmpty)
        #expect(next.engine.record.stepsByJob.values.map { $0 } == [[1, 2, 3, 4, 5, 6]])
        try await next.stop()
    }

    @Test func takenBackInTheMiddleItLeavesNothing() async throws {
        let daemon = try harness()
        try daemon.addSubject("toby", photos: [1])
        let latch = Latch()
        daemon.engine.setStepMischief { request, step in
            if step == 3, request.prompt == "one" { try await latch.wait() }
        }
        try daemon.prompt("toby", "one\ntwo")
        try await daemon.start()
        #expect(await hasDone(2, daemon))
        let running = try #require(try await daemon.status().running)
        let cancelled = try await daemon.queue.cancel(JobSelection(ids: [running.job.id]))
        #expect(cancelled.map(\.state) == [.cancelled])
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.isIdle())
        let one = try #require(try await daemon.queue.jobs(JobQuery(states: [.cancelled])).first)
        #expect(one.prompt == "one" && one.reason == "a person took it back")
        #expect(daemon.folder.names("state/checkpoints").isEmpty)
        #expect(daemon.folder.names("root/toby/output").count == 2)

        // Saving the prompt does not bring back what a person took back.
        try daemon.prompt("toby", "one\ntwo\nthree")
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(try await daemon.queue.jobs(JobQuery(states: [.cancelled])).count == 1)
        latch.open()
        let again = try await daemon.queue.retry(JobSelection(ids: [one.id]))
        #expect(again.map(\.state) == [.queued])
        #expect(await daemon.hasPictures(3, "toby"))
        #expect(daemon.engine.record.resumed.isEmpty)
        try await daemon.stop()
    }

    @Test func quietHoursInterruptAndLetGoOn() async throws {
        let daemon = try harness { $0.quietHours = [QuietHours(begin: 60, end: 120)] }
        try daemon.addSubject("toby", photos: [1])
        let latch = Latch()
        daemon.engine.setStepMischief { _, step in if step == 4 { try await latch.wait() } }
        try daemon.prompt("toby", "one")
        let minute = Mutex(90)
        try await daemon.start { $0.minuteOfDay = { _ in minute.withLock { $0 } } }
        #expect(await eventually { (try? await daemon.status().waitingCount) == 1 })
        #expect(try await daemon.status().paused?.contains("quiet hours") == true)
        #expect(daemon.engine.record.generated.isEmpty)
        minute.withLock { $0 = 120 }
        #expect(await hasDone(3, daemon))
        minute.withLock { $0 = 60 }
        #expect(await eventually { (try? await daemon.status())?.running == nil })
        #expect(try await daemon.status().paused?.contains("quiet hours") == true)
        latch.open()
        minute.withLock { $0 = 121 }
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.isIdle())
        #expect(daemon.engine.record.resumed == [3])
        #expect(try await daemon.status().recent.first?.attempts == 1)
        #expect(try await daemon.status().paused == nil)
        try await daemon.stop()
    }

    @Test func aCrashingEngineCostsAttemptsAndKeepsSteps() async throws {
        let daemon = try harness()
        try daemon.addSubject("toby", photos: [1])
        let isBad = Mutex(true)
        daemon.engine.setStepMischief { request, step in
            if request.prompt == "poison", step == 3, isBad.withLock({ $0 }) {
                throw EngineInterruption("the worker was killed by signal 9")
            }
        }
        try daemon.prompt("toby", "poison\nfine")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.isIdle())
        let held = try #require(try await daemon.queue.jobs(JobQuery(states: [.held])).first)
        #expect(held.attempts == 3)
        #expect(held.reason?.contains("3 times") == true && held.reason?.contains("signal 9") == true)
        #expect(daemon.engine.record.stepsByJob[held.id] == [1, 2])
        #expect(daemon.engine.record.resumed == [2, 2])
        isBad.withLock { $0 = false }
        _ = try await daemon.queue.retry(JobSelection(subject: "toby"))
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(try await daemon.isIdle())
        try await daemon.stop()
    }

    @Test func aPreviewIsThereWhileItWorks() async throws {
        let daemon = try harness()
        try daemon.addSubject("toby", photos: [1])
        let latch = Latch()
        daemon.engine.setStepMischief { _, step in if step == 4 { try await latch.wait() } }
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await hasDone(3, daemon))
        #expect(await eventually { (try? await daemon.queue.preview())??.progress.step == 3 })
        #expect(await eventually { daemon.folder.exists("state/preview.png") })
        #expect(OutputFolder.isWhole(daemon.folder("state/preview.png")))
        latch.open()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.isIdle())
        #expect(try await daemon.queue.preview() == nil)
        #expect(!daemon.folder.exists("state/preview.png"))
        try await daemon.stop()
    }

    // MARK: Order

    @Test func aSubjectWithManyLinesKeepsNoOtherWaiting() async throws {
        let daemon = try harness(steps: 1)
        try daemon.addSubject("many", photos: [1])
        try daemon.addSubject("one", photos: [2])
        let latch = Latch()
        daemon.engine.setStepMischief { _, _ in try await latch.wait() }
        try daemon.prompt("many", (1...20).map { "line \($0)" }.joined(separator: "\n"))
        try await daemon.start()
        #expect(await eventually { (try? await daemon.status().waitingCount) == 19 })
        try daemon.prompt("one", "mine")
        #expect(await eventually { (try? await daemon.status().waitingCount) == 20 })
        let next = try #require(try await daemon.status().waiting.first)
        #expect(next.subject == "one" && next.position == 1)
        latch.open()
        #expect(await daemon.hasPictures(20, "many"))
        #expect(daemon.engine.record.generated[1].subject == "one")
        #expect(daemon.engine.record.generated.count == 21)
        try await daemon.stop()
    }

    @Test func theOrderIsAsToldAndAsAPersonWants() async throws {
        let daemon = try harness(steps: 1)
        try await daemon.start()
        let queue = try daemon.queue
        try await queue.pause()
        for (index, name) in ["a", "b", "c"].enumerated() {
            try daemon.addSubject(name, photos: [UInt8(index + 1)])
            try daemon.prompt(name, "\(name)1\n\(name)2")
            #expect(await eventually { (try? await daemon.status().waitingCount) == (index + 1) * 2 })
        }
        func order() async throws -> [String] { try await daemon.status().waiting.map(\.prompt) }
        func id(_ prompt: String) async throws -> String {
            try #require(try await queue.jobs(JobQuery()).first { $0.prompt == prompt }?.id)
        }
        #expect(try await order() == ["a1", "b1", "c1", "a2", "b2", "c2"])
        #expect(try await queue.move(try await id("c2"), to: .first).position == 1)
        #expect(try await queue.move(try await id("a1"), to: .last).position == 6)
        #expect(try await order() == ["c2", "a2", "b1", "c1", "b2", "a1"])
        #expect(try await queue.move(try await id("c1"), to: .before(try await id("b1"))).position == 3)
        #expect(try await queue.move(try await id("a1"), to: .before(try await id("b1"))).position == 4)
        #expect(try await order() == ["c2", "a2", "c1", "a1", "b1", "b2"])
        // One that others stand before is moved alone.
        _ = try await queue.move(try await id("b1"), to: .last)
        #expect(try await order() == ["c2", "a2", "c1", "a1", "b2", "b1"])
        let raised = try await queue.prioritize(JobSelection(ids: [try await id("b1")]), 7)
        #expect(raised.map(\.priority) == [7] && raised[0].position == 2)
        #expect(try await queue.jobs(JobQuery(subject: "b", states: [.queued])).first?.prompt == "b1")
        let wanted = try await order()
        #expect(Set(wanted).count == 6)
        let two = try await id("c2")
        await #expect(throws: QueueRefusal("job \(two) cannot be put before itself")) {
            try await queue.move(two, to: .before(two))
        }
        try await queue.resume()
        #expect(try await daemon.isIdle())
        #expect(daemon.engine.record.generated.map(\.prompt) == wanted)
        await #expect(throws: QueueRefusal("job \(two) is done: only jobs that wait have a place")) {
            try await queue.move(two, to: .first)
        }
        try await daemon.stop()
    }

    // MARK: More pictures, and fewer

    @Test func aPictureIsMadeOnceMoreWhenAPersonSaysSo() async throws {
        let daemon = try harness(steps: 1)
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one\ntwo")
        try await daemon.start()
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(try await daemon.isIdle())
        let queue = try daemon.queue
        let one = try #require(try await queue.jobs(JobQuery()).first { $0.prompt == "one" })
        let same = try await queue.rerun(JobSelection(ids: [String(one.id.prefix(7))]), newSeed: false)
        let other = try await queue.rerun(JobSelection(ids: [one.id]), newSeed: true)
        #expect(await daemon.hasPictures(4, "toby"))
        #expect(same[0].seed == one.seed && other[0].seed != one.seed)
        #expect(Set([one.id, same[0].id, other[0].id]).count == 3)
        // One made from one that was made once more, and a whole subject.
        _ = try await queue.rerun(JobSelection(ids: [same[0].id]), newSeed: false)
        _ = try await queue.rerun(JobSelection(subject: "toby"), newSeed: true)
        #expect(try await daemon.isIdle())
        let names = daemon.pictures("toby")
        #expect(Set(names).count == daemon.engine.record.generated.count && names.count >= 9)
        // They belong to no prompt file: saving it takes none of them back and makes none anew.
        try daemon.prompt("toby", "two")
        #expect(await eventually { (try? await daemon.subject("toby")?.promptLines) == 1 })
        #expect(try await daemon.isIdle())
        #expect(daemon.pictures("toby") == names)
        try await daemon.stop()
    }

    @Test func linesThatAreRemovedAreTakenBackAndComeBackWithThem() async throws {
        let daemon = try harness(steps: 1)
        try daemon.addSubject("toby", photos: [1])
        let latch = Latch()
        daemon.engine.setStepMischief { _, _ in try await latch.wait() }
        try daemon.prompt("toby", "one\ntwo\nthree")
        try await daemon.start()
        #expect(await eventually { (try? await daemon.status().waitingCount) == 2 })
        try daemon.prompt("toby", "one\nfour")
        #expect(
            await eventually {
                (try? await daemon.queue.jobs(JobQuery(states: [.cancelled])))?.count == 2
            })
        let cancelled = try await daemon.queue.jobs(JobQuery(states: [.cancelled]))
        #expect(cancelled.allSatisfy { $0.reason == "prompt.txt does not ask for it any more" })
        try daemon.prompt("toby", "one\nfour\ntwo")
        #expect(await eventually { (try? await daemon.status().waitingCount) == 2 })
        latch.open()
        #expect(await daemon.hasPictures(3, "toby"))
        #expect(try await daemon.isIdle())
        #expect(Set(daemon.engine.record.generated.map(\.prompt)) == ["one", "two", "four"])
        #expect(daemon.engine.record.generated.count == 3)
        try await daemon.stop()
    }

    @Test func aJobWhosePhotosChangedGivesWayToItsSuccessor() async throws {
        let daemon = try harness(steps: 1)
        try daemon.addSubject("first", photos: [9])
        try daemon.addSubject("toby", photos: [1])
        let latch = Latch()
        daemon.engine.setStepMischief { _, _ in try await latch.wait() }
        try daemon.prompt("first", "wait")
        try await daemon.start()
        #expect(await eventually { !daemon.engine.record.generated.isEmpty })
        try daemon.prompt("toby", "one")
        #expect(await eventually { (try? await daemon.status().waitingCount) == 1 })
        let old = try #require(try await daemon.status().waiting.first)
        try daemon.addPhoto(2, to: "toby")
        #expect(await eventually { (try? await daemon.subject("toby")?.photosUsed.count) == 2 })
        try daemon.prompt("toby", "one")
        #expect(
            await eventually {
                (try? await daemon.queue.jobs(JobQuery(states: [.cancelled])))?.first?.id == old.id
            })
        let reason = try await daemon.queue.jobs(JobQuery(states: [.cancelled])).first?.reason
        #expect(reason?.contains("the photos changed") == true)
        latch.open()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.isIdle())
        #expect(daemon.engine.record.generated.last?.references.count == 2)
        try await daemon.stop()
    }

    @Test func anOrderIsAJobWithoutAPromptFile() async throws {
        let daemon = try harness(steps: 1)
        try daemon.addSubject("toby", photos: [1, 2])
        try await daemon.start()
        let queue = try daemon.queue
        let made = try await queue.order(PictureOrder(subject: "toby", prompt: "a toy"))
        #expect(made.count == 1 && made[0].source == nil)
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.isIdle())
        // The same again is the same job.
        let again = try await queue.order(PictureOrder(subject: "toby", prompt: "a toy"))
        #expect(again.map(\.id) == made.map(\.id) && again[0].state == .done)
        let second = FakeEngine.hash(try TestPhoto.png(2))
        _ = try await queue.order(
            PictureOrder(subject: "toby", prompt: "b", referenceHashes: [String(second.prefix(16))]))
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(daemon.engine.record.generated.last?.references.map(\.name) == ["photo2.png"])
        _ = try await queue.order(
            PictureOrder(subject: "toby", prompt: "c", options: PromptOptions(photos: ["photo1.png"])))
        #expect(await daemon.hasPictures(3, "toby"))
        #expect(daemon.engine.record.generated.last?.references.map(\.name) == ["photo1.png"])
        try await daemon.stop()
    }
}
