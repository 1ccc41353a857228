import ControlAPI
import DaemonTestSupport
import Foundation
import Images
import Testing

@testable import SubjectDaemon

/// The whole way, from files to pictures.
@Suite struct DaemonTests {
    @Test func photosAndAPromptBecomeAPicture() async throws {
        let daemon = try DaemonHarness()
        try await daemon.start()
        try daemon.addSubject("toby", photos: [10, 20])
        try daemon.prompt("toby", "# a comment\n\n  a red toy on the beach  \n")
        #expect(await daemon.hasPictures(1, "toby"))

        let request = try #require(daemon.engine.record.generated.first)
        #expect(request.prompt == "a red toy on the beach")
        #expect(request.references.map(\.name) == ["photo10.png", "photo20.png"])
        let name = try #require(daemon.pictures("toby").first)
        #expect(name == "toby-\(request.jobID)-\(request.seed).png")
        let image = try PhotoDecoder.decode(contentsOf: daemon.folder("root/toby/output/\(name)"))
        #expect(image.pixels.prefix(3).elementsEqual([10, 245, 5]))

        #expect(try await daemon.isIdle())
        let status = try await daemon.status()
        #expect(status.recent.map(\.state) == [.done])
        #expect(status.recent.first?.output == daemon.folder("root/toby/output/\(name)"))
        let toby = try #require(status.subjects.first)
        #expect(toby.photosUsed.count == 2 && toby.photosEncoded == 2 && toby.backend == .inotify)
        let stem = name.dropLast(4)
        #expect(daemon.folder.names("root/toby/output") == ["\(stem).json", name])
        try await daemon.stop()
    }

    @Test func everyLineBecomesAPictureAndEqualLinesDiffer() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one\ntwo\none\n")
        try await daemon.start()
        #expect(await daemon.hasPictures(3, "toby"))
        #expect(daemon.engine.record.generated.map(\.prompt) == ["one", "two", "one"])
        #expect(Set(daemon.engine.record.generated.map(\.seed)).count == 3)
        try await daemon.stop()
    }

    @Test func aSecondPromptEncodesNothingAgain() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1, 2, 3])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        try daemon.prompt("toby", "two")
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(daemon.engine.record.encoded.count == 3)
        try await daemon.stop()

        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        try next.prompt("toby", "three")
        #expect(await next.hasPictures(3, "toby"))
        #expect(next.engine.record.encoded.isEmpty)
        try await next.stop()
    }

    @Test func anotherModelEncodesAgain() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        try await daemon.stop()
        let next = try DaemonHarness(folder: daemon.folder, engine: FakeEngine(modelHash: "def456"))
        try await next.start()
        try next.prompt("toby", "two")
        #expect(await next.hasPictures(2, "toby"))
        #expect(next.engine.record.encoded.count == 1)
        try await next.stop()
    }

    @Test func aReplacedPhotoIsEncodedAnew() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1, 2])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        try daemon.addPhoto(99, to: "toby", as: "photo2.png")
        try daemon.prompt("toby", "two")
        #expect(await daemon.hasPictures(2, "toby"))
        let encoded = daemon.engine.record.encoded
        #expect(encoded.count == 3)
        #expect(encoded.last == FakeEngine.hash(try TestPhoto.png(99)))
        try await daemon.stop()
    }

    @Test func aDamagedCacheFileIsMadeAnew() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1, 2])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        let file = try #require(daemon.folder.names("state/ReferenceCache").first)
        var bytes = try daemon.folder.bytes("state/ReferenceCache/\(file)")
        bytes[bytes.count / 2] ^= 1
        try daemon.folder.write("state/ReferenceCache/\(file)", bytes)
        try daemon.prompt("toby", "two")
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(daemon.engine.record.encoded.count == 3)
        try await daemon.stop()
    }

    @Test func theSamePromptMakesNoSecondJob() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        // Saved again as it is, with one line more, and renamed over itself as editors do.
        try daemon.prompt("toby", "one")
        try daemon.prompt("toby", "one\ntwo")
        #expect(await daemon.hasPictures(2, "toby"))
        try daemon.folder.write("root/toby/.prompt.swp", "one\ntwo\nthree")
        try daemon.folder.move("root/toby/prompt.txt", to: "root/toby/prompt.txt~")
        try daemon.folder.move("root/toby/.prompt.swp", to: "root/toby/prompt.txt")
        #expect(await daemon.hasPictures(3, "toby"))
        #expect(try await daemon.isIdle())
        #expect(daemon.engine.record.generated.map(\.prompt) == ["one", "two", "three"])
        try await daemon.stop()
    }

    @Test func aRestartRepeatsNothingAndNoticesWhatChanged() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.addSubject("mia", photos: [2])
        try daemon.prompt("toby", "one")
        try daemon.prompt("mia", "uno")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(await daemon.hasPictures(1, "mia"))
        try await daemon.stop()
        #expect(!daemon.folder.exists("jedid.sock"))

        try daemon.prompt("mia", "dos")
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(await next.hasPictures(2, "mia"))
        #expect(try await next.isIdle())
        #expect(next.engine.record.generated.map(\.prompt) == ["dos"])
        try await next.stop()
    }

    @Test func withoutItsStateNothingIsMadeTwice() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        try await daemon.stop()
        try daemon.folder.remove("state")
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(await eventually { (try? await next.status().recent.first?.state) == .done })
        #expect(next.engine.record.generated.isEmpty)
        try await next.stop()
    }

    @Test func aSubjectMadeAnewGetsItsPicturesAnew() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        try await daemon.stop()
        // Another folder of the same name: the old one still stands elsewhere, so that its number is not reused.
        try daemon.folder.move("root/toby", to: "old")
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(await next.hasPictures(1, "toby"))
        try await next.stop()
    }

    @Test func aPromptWaitsForPhotos() async throws {
        let daemon = try DaemonHarness()
        try daemon.folder.makeFolder("root/toby")
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await eventually { (try? await daemon.subject("toby")?.state) == .waitingForPhotos })
        #expect(daemon.engine.record.generated.isEmpty)
        try daemon.addPhoto(1, to: "toby")
        #expect(await daemon.hasPictures(1, "toby"))
        try await daemon.stop()
    }

    @Test func atMostSixteenPhotosAreUsedTheFirstByName() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [])
        for number in 10..<30 { try daemon.addPhoto(UInt8(number), to: "toby") }
        try daemon.addPhoto(10, to: "toby", as: "again.png")
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        let names = daemon.engine.record.generated.first?.references.map(\.name)
        #expect(names == ["again.png"] + (11..<26).map { "photo\($0).png" })
        let toby = try #require(try await daemon.subject("toby"))
        #expect(toby.photosUsed.count == 16 && toby.photosLeftOut.count == 5)
        #expect(toby.photosLeftOut.first?.reason == "it is the same file as again.png")
        try await daemon.stop()
    }

    @Test func oneSubjectsTroubleIsNoOthers() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("bad", photos: [])
        try daemon.folder.write("root/bad/photo.jpg", "no photo at all")
        try daemon.folder.write("root/bad/prompt.txt", [0xFF, 0xFE, 0x41, 0x00])
        try daemon.addSubject("good", photos: [1])
        try daemon.prompt("good", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "good"))
        let bad = try #require(try await daemon.subject("bad"))
        #expect(bad.state == .promptProblem && bad.photosRejected.map(\.file) == ["photo.jpg"])
        try await daemon.stop()
    }
}
