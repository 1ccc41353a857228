import ControlAPI
import DaemonTestSupport
import Testing

@testable import SubjectDaemon

/// What prompts say, all the way to the engine.
@Suite struct PromptDaemonTests {
    @Test func optionsReachTheEngine() async throws {
        let daemon = try DaemonHarness { $0.defaults.picture.guidance = 3 }
        try daemon.addSubject("toby", photos: [1, 2, 3])
        try await daemon.start()
        try daemon.prompt(
            "toby",
            "---\nsteps: 9\n---\na toy --seed 5 --count 2 --photos photo2.png, photo3*\nanother --steps 0\n")
        #expect(await daemon.hasPictures(2, "toby"))
        let made = daemon.engine.record.generated
        #expect(made.map(\.seed) == [5, 6])
        #expect(made.map(\.prompt) == ["a toy", "a toy"])
        #expect(made.allSatisfy { $0.options == PictureOptions(steps: 9, guidance: 3) })
        #expect(made.allSatisfy { $0.references.map(\.name) == ["photo2.png", "photo3.png"] })
        #expect(
            daemon.folder.read("root/toby/prompt.error.txt")?.contains("Line 5: steps is 0; it must be")
                == true)
        try await daemon.stop()
    }

    @Test func aPromptWaitsForThePhotoItNamesAlsoOverARestart() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try await daemon.start()
        try daemon.prompt("toby", "one\ntwo --photos late.png")
        #expect(await daemon.hasPictures(1, "toby"))
        let folder = daemon.folder
        @Sendable func isTold() -> Bool {
            folder.read("root/toby/prompt.error.txt")?.contains("Line 2: no photo") == true
        }
        #expect(await eventually { isTold() })
        try await daemon.stop()

        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(try await next.isIdle())
        #expect(isTold())
        try next.addPhoto(7, to: "toby", as: "late.png")
        #expect(await next.hasPictures(2, "toby"))
        #expect(next.engine.record.generated.map(\.prompt) == ["two"])
        #expect(next.engine.record.generated.first?.references.map(\.name) == ["late.png"])
        #expect(await eventually { !folder.exists("root/toby/prompt.error.txt") })
        try await next.stop()
    }
}
