import ControlAPI
import DaemonTestSupport
import Foundation
import Synchronization
import Testing

@testable import SubjectDaemon

/// Photos and prompts that cannot be used, and that the rest goes on.
@Suite struct DaemonTroubleTests {
    @Test func aBadPhotoIsNamedBesideItAndForgottenOnceMended() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        let whole = try TestPhoto.png(2)
        try daemon.folder.write("root/toby/cut.png", Array(whole.dropLast(20)))
        try daemon.folder.write("root/toby/film.gif", "whatever")
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(daemon.engine.record.generated.first?.references.map(\.name) == ["photo1.png"])
        #expect(
            await eventually {
                daemon.folder.read("root/toby/photos.error.txt")?.contains("cut.png: ") == true
            })
        let note = try #require(daemon.folder.read("root/toby/photos.error.txt"))
        #expect(note.contains("film.gif: GIF pictures are not read by this version"))
        let toby = try #require(try await daemon.subject("toby"))
        #expect(toby.photosRejected.map(\.file) == ["cut.png", "film.gif"])

        try daemon.folder.write("root/toby/cut.png", whole)
        try daemon.folder.remove("root/toby/film.gif")
        #expect(await eventually { !daemon.folder.exists("root/toby/photos.error.txt") })
        try await daemon.stop()
    }

    @Test func aBadPromptIsExplainedBesideItAndForgottenOnceMended() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "good\n" + String(repeating: "x", count: 2001))
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(
            await eventually {
                daemon.folder.read("root/toby/prompt.error.txt")?.contains("Line 2: ") == true
            }
        )
        try daemon.folder.write("root/toby/prompt.txt", [0x67, 0xF6])
        #expect(
            await eventually { daemon.folder.read("root/toby/prompt.error.txt")?.contains("UTF-8") == true })
        try daemon.prompt("toby", "better")
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(await eventually { !daemon.folder.exists("root/toby/prompt.error.txt") })
        try await daemon.stop()
    }

    @Test func aMessageMendedWhileTheDaemonWasDownIsTakenAway() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.folder.write("root/toby/bad.jpg", "no photo")
        try await daemon.start()
        #expect(await eventually { daemon.folder.exists("root/toby/photos.error.txt") })
        try await daemon.stop()
        try daemon.folder.remove("root/toby/bad.jpg")
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(await eventually { !next.folder.exists("root/toby/photos.error.txt") })
        try await next.stop()
    }

    @Test func aPersonsFileOfTheMessagesNameIsLeftAlone() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.folder.write("root/toby/photos.error.txt", "mine")
        try daemon.folder.write("root/toby/bad.jpg", "no photo")
        try await daemon.start()
        #expect(await eventually { (try? await daemon.subject("toby")?.photosRejected.count) == 1 })
        try daemon.folder.remove("root/toby/bad.jpg")
        #expect(await eventually { (try? await daemon.subject("toby")?.photosRejected.count) == 0 })
        #expect(daemon.folder.read("root/toby/photos.error.txt") == "mine")
        try await daemon.stop()
    }

    @Test func aPhotoTheEngineRefusesIsLeftOutAndThePromptPlannedAgain() async throws {
        let engine = FakeEngine()
        let daemon = try DaemonHarness(engine: engine)
        try daemon.addSubject("toby", photos: [1, 2])
        engine.reject(
            contentHash: FakeEngine.hash(try TestPhoto.png(2)), as: PhotoRejection("its pixels are damaged"))
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(engine.record.generated.map { $0.references.map(\.name) } == [["photo1.png"]])
        let toby = try #require(try await daemon.subject("toby"))
        #expect(toby.photosRejected == [.init(file: "photo2.png", reason: "its pixels are damaged")])
        try await daemon.stop()
    }

    @Test func aPhotoThatGoesBeforeItsTurnIsPlannedWithout() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("first", photos: [9])
        try daemon.addSubject("toby", photos: [1, 2])
        let gate = Gate()
        daemon.engine.setMischief { if $0.subject == "first" { await gate.wait() } }
        try daemon.prompt("first", "wait")
        try await daemon.start()
        #expect(await eventually { !daemon.engine.record.generated.isEmpty })
        try daemon.prompt("toby", "one")
        #expect(await eventually { (try? await daemon.status().waitingCount) == 1 })
        try daemon.folder.remove("root/toby/photo2.png")
        gate.open()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(daemon.engine.record.generated.last?.references.map(\.name) == ["photo1.png"])
        try await daemon.stop()
    }

    @Test func linksOutOfTheRootAreRefused() async throws {
        let daemon = try DaemonHarness()
        try daemon.folder.makeFolder("elsewhere")
        try daemon.folder.write("elsewhere/secret.png", try TestPhoto.png(7))
        try daemon.addSubject("toby", photos: [1])
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: daemon.folder("root/toby/out.png"),
            withDestinationPath: daemon.folder("elsewhere/secret.png"))
        try manager.createSymbolicLink(
            atPath: daemon.folder("root/toby/in.png"), withDestinationPath: "photo1.png")
        try manager.createSymbolicLink(
            atPath: daemon.folder("root/other"), withDestinationPath: daemon.folder("elsewhere"))
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        let status = try await daemon.status()
        #expect(status.subjects.map(\.name) == ["other", "toby"])
        #expect(status.subjects[0].state == .unavailable)
        #expect(status.subjects[1].photosRejected.map(\.file) == ["out.png"])
        #expect(status.subjects[1].photosUsed == ["in.png"])
        try await daemon.stop()
    }

    @Test func whatStandsInTheWayOfPicturesIsKnownBeforeOneIsMade() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.folder.write("root/toby/output", "a file")
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await eventually { (try? await daemon.status().recent.first?.state) == .failed })
        let reason = try #require(try await daemon.status().recent.first?.reason)
        #expect(reason.contains("root/toby/output") && reason.contains("move it away"))
        #expect(daemon.engine.record.generated.isEmpty)
        #expect(daemon.folder.read("root/toby/output") == "a file")

        try daemon.folder.remove("root/toby/output")
        try daemon.prompt("toby", "one\n")
        #expect(await daemon.hasPictures(1, "toby"))
        try await daemon.stop()
    }

    @Test func aPictureWhoseFolderWentIsMadeOnceItIsBack() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        let isAway = Mutex(false)
        try await daemon.start {
            $0.writePicture = { picture, job, folder in
                if !isAway.withLock({ $0 }) {
                    rename(daemon.folder("root/toby"), daemon.folder("away"))
                    isAway.withLock { $0 = true }
                }
                return try folder.write(picture, of: job)
            }
        }
        #expect(await eventually { isAway.withLock { $0 } })
        #expect(await eventually { (try? await daemon.status().subjects.isEmpty) == true })
        try daemon.folder.move("away", to: "root/toby")
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.status().recent.map(\.state) == [.done])
        try await daemon.stop()
    }

    @Test(.disabled(if: geteuid() == 0, "the root user may write everywhere"))
    func aFolderThatMayNotBeWrittenIsSaidToBeOne() throws {
        let folder = try TestFolder()
        try folder.makeFolder("toby")
        try #require(chmod(folder("toby"), 0o555) == 0)
        defer { chmod(folder("toby"), 0o755) }
        let error = #expect(throws: OutputFolderError.self) {
            try OutputFolder(root: folder.path, subject: "toby").prepare()
        }
        #expect(error?.cause.number == EACCES)
    }

    @Test func namesThatAreNotTextAreCounted() async throws {
        let daemon = try DaemonHarness()
        try #require(
            mkdir(
                Array(daemon.folder("root/bad").utf8CString.dropLast()) + [CChar(bitPattern: 0xFF), 0], 0o755)
                == 0)
        try await daemon.start()
        #expect(try await daemon.status().watching.detail?.contains("not UTF-8") == true)
        try await daemon.stop()
    }
}

/// Lets nobody through until it is opened.
final class Gate: Sendable {
    private let signal = Signal()

    func wait() async { _ = await signal.wait() }

    func open() { signal.end() }
}
