import ControlAPI
import DaemonTestSupport
import Testing

@testable import SubjectDaemon

/// Which jobs a person's order applies to, on a whole daemon.
@Suite struct JobSelectionTests {
    private func refusal(_ work: () async throws -> Void) async -> String {
        do { try await work() } catch { return (error as? QueueRefusal)?.reason ?? "?\(error)" }
        return "done"
    }

    @Test func whatNoPromptFileAsksForIsTriedAgainOnlyByName() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one\ntwo")
        try await daemon.start()
        try await daemon.queue.pause()
        #expect(await eventually { (try? await daemon.status().waitingCount) ?? 0 >= 1 })
        let two = try #require(
            try await daemon.queue.jobs(JobQuery(states: [.queued])).first { $0.prompt == "two" })
        try daemon.prompt("toby", "one")
        let queue = try daemon.queue
        #expect(
            await eventually {
                (try? await queue.jobs(JobQuery(states: [.cancelled]))).map(\.count) == 1
            })
        #expect(
            await refusal { _ = try await queue.retry(JobSelection(all: true)) }.contains("no job is failed"))
        #expect(try await queue.retry(JobSelection(ids: [two.id])).map(\.state) == [.queued])
        try await queue.resume()
        #expect(await daemon.hasPictures(2, "toby"))
        try await daemon.stop()
    }

    @Test func whatCannotBeDoneIsRefusedInWords() async throws {
        let daemon = try DaemonHarness(engine: FakeEngine(steps: 1))
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", (1...40).map(String.init).joined(separator: "\n"))
        try await daemon.start()
        #expect(await daemon.hasPictures(40, "toby"))
        #expect(try await daemon.isIdle())
        let queue = try daemon.queue
        #expect(
            await refusal { _ = try await queue.cancel(JobSelection()) } == "name jobs, a subject, or all")
        #expect(
            await refusal { _ = try await queue.cancel(JobSelection(ids: ["xyz"])) }.contains("jedictl jobs"))
        // Forty jobs share sixteen beginnings.
        let jobs = try await queue.jobs(JobQuery(limit: 100))
        let shared = try #require(Dictionary(grouping: jobs) { $0.id.prefix(1) }.first { $0.value.count > 1 })
        let ambiguous = await refusal {
            _ = try await queue.rerun(JobSelection(ids: [String(shared.key)]), newSeed: false)
        }
        #expect(ambiguous.contains("fits") && ambiguous.contains("toby"))
        let done = jobs[0].id
        #expect(
            await refusal { _ = try await queue.cancel(JobSelection(ids: [done])) }
                == "job \(done) is done: there is nothing to take back")
        #expect(
            await refusal { _ = try await queue.retry(JobSelection(ids: [done])) }.contains("jedictl rerun"))
        #expect(
            await refusal { _ = try await queue.cancel(JobSelection(subject: "nobody")) }.contains("nobody"))
        #expect(
            await refusal { _ = try await queue.order(PictureOrder(subject: "mia", prompt: "x")) }
                == "there is no subject mia; there are: toby")
        #expect(
            await refusal { _ = try await queue.order(PictureOrder(subject: "toby", prompt: " \n ")) }
                .contains("prompt is empty"))
        #expect(
            await refusal {
                _ = try await queue.order(
                    PictureOrder(subject: "toby", prompt: "x", referenceHashes: ["feedbeef"]))
            }.contains("feedbeef"))
        #expect(
            await refusal {
                _ = try await queue.order(PictureOrder(subject: "toby", prompt: "x", modelHash: "999"))
            }.contains("fake"))
        try await daemon.stop()
    }
}
