import ControlAPI
import DaemonTestSupport
import GRDB
import Images
import Testing

@testable import SubjectDaemon

/// Photos to start from and masks, as prompts and orders name them, all the way to the engine.
@Suite struct StartPhotoDaemonTests {
    /// A daemon with a subject of two photos and a mask.
    private func daemon() async throws -> DaemonHarness {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1, 2])
        try daemon.addPhoto(255, to: "toby", as: "mask.png")
        try await daemon.start()
        return daemon
    }

    private func note(_ daemon: DaemonHarness) -> String {
        daemon.folder.read("root/toby/prompt.error.txt") ?? ""
    }

    @Test func aMaskReachesTheEngineAndIsNoReference() async throws {
        let daemon = try await daemon()
        try daemon.prompt("toby", "a toy --init photo2.png --strength 0.5 --mask mask.png")
        #expect(await daemon.hasPictures(1, "toby"))
        let made = try #require(daemon.engine.record.generated.first)
        #expect(made.references.map(\.name) == ["photo1.png", "photo2.png"])
        #expect(made.options == PictureOptions(strength: 0.5))
        let start = try #require(made.start)
        #expect(start.photos.photo.name == "photo2.png" && start.photos.mask?.name == "mask.png")
        #expect(start.photos.photo.contentHash == FakeEngine.hash(try TestPhoto.png(2)))
        #expect(start.photoPath.hasSuffix("/root/toby/photo2.png"))
        #expect(try await daemon.subject("toby")?.photosUsed == ["photo1.png", "photo2.png"])
        try await daemon.stop()
    }

    @Test func theJobFollowsTheContentsAndNotTheNames() async throws {
        let daemon = try await daemon()
        let words = "a toy --photos photo1.png --init photo2.png --mask mask.png"
        try daemon.prompt("toby", words)
        #expect(await daemon.hasPictures(1, "toby"))
        // The same contents under other names.
        try daemon.folder.move("root/toby/photo2.png", to: "root/toby/other.png")
        try daemon.folder.move("root/toby/mask.png", to: "root/toby/other.mask.png")
        try daemon.prompt(
            "toby", "a toy --photos photo1.png --init other.png --mask other.mask.png\nanother")
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(daemon.engine.record.generated.map(\.prompt) == ["a toy", "another"])
        // Other contents under the same names, one after the other.
        try daemon.addPhoto(3, to: "toby", as: "other.png")
        try daemon.prompt(
            "toby", "a toy --photos photo1.png --init other.png --mask other.mask.png\n")
        #expect(await daemon.hasPictures(3, "toby"))
        try daemon.addPhoto(254, to: "toby", as: "other.mask.png")
        try daemon.prompt("toby", "a toy --photos photo1.png --init other.png --mask other.mask.png")
        #expect(await daemon.hasPictures(4, "toby"))
        #expect(Set(daemon.engine.record.generated.compactMap(\.start?.photos)).count == 3)
        try await daemon.stop()
    }

    /// Missing, half copied, of other proportions, and at last as it should be: each is told, and none needs the prompt
    /// to be saved again.
    @Test func aPromptWaitsForItsMaskAlsoOverARestart() async throws {
        let first = try await daemon()
        try first.folder.remove("root/toby/mask.png")
        try first.prompt(
            "toby", "one --init photo2.png\ntwo --init photo1.png --mask mask.png")
        #expect(await first.hasPictures(1, "toby"))
        #expect(
            await eventually {
                note(first).contains(
                    "Line 2: no mask that can be used here is called \"mask.png\"; there is none")
            })
        try await first.stop()

        let next = try DaemonHarness(folder: first.folder)
        try await next.start()
        #expect(try await next.isIdle())
        let mask = try TestPhoto.png(255)
        try next.folder.write("root/toby/mask.png", Array(mask.prefix(mask.count / 2)))
        #expect(
            await eventually {
                note(next).contains("Line 2: the mask mask.png cannot be used: the file ends")
            })
        let wide = RGBImage(width: 48, height: 24, pixels: [UInt8](repeating: 255, count: 48 * 24 * 3))
        try next.folder.write("root/toby/mask.png", try PNGEncoder.encode(wide))
        #expect(
            await eventually {
                note(next).contains(
                    "mask.png has 48x24 pixels and photo1.png 24x24; a mask must have its photo's size")
            })
        // What did not wait is not made again with a photo that came meanwhile.
        try next.addPhoto(7, to: "toby")
        #expect(try await eventually { try await next.subject("toby")?.photosUsed.count == 3 })
        #expect(next.engine.record.generated.isEmpty)
        try next.folder.write("root/toby/mask.png", mask)
        #expect(await next.hasPictures(2, "toby"))
        #expect(next.engine.record.generated.map(\.prompt) == ["two"])
        #expect(await eventually { !next.folder.exists("root/toby/prompt.error.txt") })
        try await next.stop()
    }

    /// Whatever says what is not there, mending that is enough.
    @Test(arguments: ["root/toby/subject.yaml", "root/defaults.yaml"])
    func aPromptWaitsForSettingsToBeMended(file: String) async throws {
        let daemon = try await daemon()
        try daemon.folder.write(file, "init: photo9.png\n")
        try daemon.prompt("toby", "one --mask mask.png\ntwo --init none\nthree --init late.png")
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(await eventually { note(daemon).contains("Line 1: no photo that can be used here") })
        // A mask without a photo is a mistake as long as nothing names one.
        try daemon.folder.write(file, "steps: 3\n")
        #expect(await eventually { note(daemon).contains("Line 1: mask needs init") })
        try daemon.folder.write(file, "init: photo2.png\n")
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(await eventually { !note(daemon).contains("Line 1") && note(daemon).contains("Line 3") })
        let made = daemon.engine.record.generated
        #expect(made.map(\.prompt) == ["two", "one"])
        #expect(made.last?.start?.photos.photo.name == "photo2.png")
        #expect(made.last?.start?.photos.mask?.name == "mask.png")
        try await daemon.stop()
    }

    /// A version that knew only of photos that lines name did not note which lines waited.
    @Test func onlyTheLinesThatWaitedGoOnAfterAnUpdate() async throws {
        let first = try await daemon()
        try first.prompt("toby", "one\ntwo --photos late.png")
        #expect(await first.hasPictures(1, "toby"))
        #expect(await eventually { note(first).contains("Line 2: no photo") })
        try await first.stop()
        let store = try DatabaseQueue(path: first.folder("state/jobs.sqlite"))
        try await store.write { db in
            try db.alter(table: "job") { $0.drop(column: "startPhotos") }
            try db.alter(table: "handledPrompt") { $0.drop(column: "waitingLines") }
            try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier LIKE '5 %'")
        }
        try store.close()
        // With another photo it would be another picture.
        try first.addPhoto(7, to: "toby", as: "late.png")

        let next = try DaemonHarness(folder: first.folder)
        try await next.start()
        #expect(await next.hasPictures(2, "toby"))
        #expect(await eventually { !next.folder.exists("root/toby/prompt.error.txt") })
        #expect(try await next.isIdle())
        #expect(next.engine.record.generated.map(\.prompt) == ["two"])
        try await next.stop()
    }

    /// What only shows when it is decoded costs one attempt, is told, and is mended by another file.
    @Test func aPhotoThatTheEngineRefusesIsNamedUntilItIsMended() async throws {
        let daemon = try await daemon()
        let hash = FakeEngine.hash(try TestPhoto.png(2))
        daemon.engine.reject(contentHash: hash, as: PhotoRejection("its picture is damaged"))
        try daemon.prompt("toby", "a toy --photos photo1.png --init photo2.png")
        #expect(
            await eventually {
                note(daemon).contains(
                    "Line 1: the photo photo2.png cannot be used: its picture is damaged. Its picture")
            })
        #expect(daemon.pictures("toby").isEmpty)
        try daemon.addPhoto(4, to: "toby", as: "photo2.png")
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(await eventually { !daemon.folder.exists("root/toby/prompt.error.txt") })
        try await daemon.stop()
    }

    @Test func whatASubjectSaysHoldsForItsLines() async throws {
        let daemon = try await daemon()
        try daemon.folder.write(
            "root/toby/subject.yaml", "init: photo1.png\nstrength: 0.25\nmask: mask.png\n")
        try daemon.prompt("toby", "one\ntwo --init none\nthree --mask none --strength 0.5")
        #expect(await daemon.hasPictures(3, "toby"))
        let made = daemon.engine.record.generated
        #expect(made.map(\.start?.photos.photo.name) == ["photo1.png", nil, "photo1.png"])
        #expect(made.map(\.start?.photos.mask?.name) == ["mask.png", nil, nil])
        #expect(made.map(\.options.strength) == [0.25, nil, 0.5])
        try await daemon.stop()
    }

    @Test func aSubjectTakesBackWhatHoldsForAll() async throws {
        let daemon = try await daemon()
        try daemon.folder.write("root/defaults.yaml", "init: photo1.png\nmask: mask.png\n")
        try daemon.folder.write("root/toby/subject.yaml", "mask: none\n")
        try daemon.prompt("toby", "one")
        #expect(await daemon.hasPictures(1, "toby"))
        try daemon.folder.write("root/toby/subject.yaml", "init: none\n")
        try daemon.prompt("toby", "two")
        #expect(await daemon.hasPictures(2, "toby"))
        let made = daemon.engine.record.generated.map(\.start?.photos)
        #expect(made.map { $0?.photo.name } == ["photo1.png", nil])
        #expect(made.allSatisfy { $0?.mask == nil })
        try await daemon.stop()
    }

    @Test func anOrderNamesThemOrKnowsTheirContents() async throws {
        let daemon = try await daemon()
        let queue = try daemon.queue
        func order(_ change: (inout PictureOrder) -> Void) async throws {
            var order = PictureOrder(subject: "toby", prompt: "a toy")
            change(&order)
            _ = try await queue.order(order)
        }
        #expect(try await eventually { try await daemon.subject("toby")?.photosUsed.count == 2 })
        try await order { ($0.options.start, $0.options.mask) = ("photo1.png", "mask.png") }
        #expect(await daemon.hasPictures(1, "toby"))
        try await order {
            $0.startHash = String(FakeEngine.hash((try? TestPhoto.png(1)) ?? []).prefix(16))
            $0.maskHash = String(FakeEngine.hash((try? TestPhoto.png(255)) ?? []).prefix(16))
            $0.referenceHashes = []
        }
        #expect(await daemon.hasPictures(2, "toby"))
        let made = daemon.engine.record.generated
        #expect(made[0].start == made[1].start && made[0].start?.photos.mask?.name == "mask.png")
        #expect(made[1].references.isEmpty)
        try await order { ($0.options.start, $0.options.mask, $0.options.seed) = ("none", "None", 1) }
        try await order {
            ($0.options.start, $0.options.mask, $0.options.seed) = ("photo2.png", "none", 2)
        }
        #expect(await daemon.hasPictures(4, "toby"))
        let others = daemon.engine.record.generated.dropFirst(2).map(\.start?.photos)
        #expect(others.map { $0?.photo.name } == [nil, "photo2.png"])
        #expect(others.allSatisfy { $0?.mask == nil })
        await #expect(throws: QueueRefusal.self) { try await order { $0.options.start = "nowhere.png" } }
        await #expect(throws: QueueRefusal.self) { try await order { $0.startHash = "ffffffff" } }
        try await daemon.stop()
    }
}
