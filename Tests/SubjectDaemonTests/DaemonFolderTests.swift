import ControlAPI
import DaemonTestSupport
import Foundation
import Synchronization
import Testing

@testable import SubjectDaemon

/// Folders as people use them: renamed, nested, with several prompts and settings.
@Suite struct DaemonFolderTests {
    // MARK: New names

    @Test func aRenamedSubjectIsTheSameSubject() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("rex", photos: [1])
        try daemon.prompt("rex", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "rex"))
        #expect(try await daemon.isIdle())
        try daemon.folder.move("root/rex", to: "root/max")
        #expect(await eventually { (try? await daemon.subject("max")?.jobsDone) == 1 })
        #expect(try await daemon.status().subjects.map(\.name) == ["max"])
        #expect(
            try await daemon.status().recent.first?.output?.hasPrefix(daemon.folder("root/max/")) == true)
        // The same lines are made already; only the new one is made.
        try daemon.prompt("max", "one\ntwo")
        #expect(await daemon.hasPictures(2, "max"))
        #expect(try await daemon.isIdle())
        #expect(daemon.engine.record.generated.map(\.prompt) == ["one", "two"])
        #expect(daemon.engine.record.encoded.count == 1)
        try await daemon.stop()
    }

    @Test func aRenameWhileTheDaemonWasDownIsNoticed() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("rex", photos: [1])
        try daemon.prompt("rex", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "rex"))
        try await daemon.stop()
        try daemon.folder.move("root/rex", to: "root/max")
        // Another begins under the old name, with the same photo and prompt.
        try daemon.addSubject("rex", photos: [1])
        try daemon.prompt("rex", "one")
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(await next.hasPictures(1, "rex"))
        #expect(try await next.isIdle())
        #expect(next.pictures("max").count == 1)
        #expect(next.engine.record.generated.map(\.subject) == ["rex"])
        #expect(try await next.status().subjects.map(\.jobsDone) == [1, 1])
        try await next.stop()
    }

    @Test func aPictureUnderWayGoesIntoTheRenamedFolder() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("rex", photos: [1])
        let gate = Gate()
        daemon.engine.setMischief { _ in await gate.wait() }
        try daemon.prompt("rex", "one\ntwo")
        try await daemon.start()
        #expect(await eventually { !daemon.engine.record.generated.isEmpty })
        try daemon.folder.move("root/rex", to: "root/max")
        gate.open()
        #expect(await daemon.hasPictures(2, "max"))
        #expect(try await daemon.isIdle())
        #expect(daemon.engine.record.generated.map(\.prompt) == ["one", "two"])
        #expect(!daemon.folder.exists("root/rex"))
        #expect(try await daemon.status().recent.map(\.state) == [.done, .done])
        try await daemon.stop()
    }

    @Test func aPictureMadeBeforeACrashAndARenameIsAdopted() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("rex", photos: [1])
        let folder = daemon.folder
        let isWritten = Mutex(false)
        daemon.engine.setMischief { request in
            // As if the daemon had died between the rename and the mark.
            try folder.makeFolder("root/rex/output")
            try folder.write(
                "root/rex/output/rex-\(request.jobID)-\(request.seed).png", try TestPhoto.png(5))
            isWritten.withLock { $0 = true }
            try await Task.sleep(for: .seconds(3600))
        }
        try daemon.prompt("rex", "one")
        try await daemon.start()
        #expect(await eventually { isWritten.withLock { $0 } })
        await daemon.crash()
        try folder.move("root/rex", to: "root/max")
        let next = try DaemonHarness(folder: folder)
        try await next.start()
        #expect(await eventually { (try? await next.status().recent.first?.state) == .done })
        #expect(next.engine.record.generated.isEmpty && next.pictures("max").count == 1)
        try await next.stop()
    }

    @Test func namesAreSwapped() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("rex", photos: [1])
        try daemon.addSubject("max", photos: [2])
        try daemon.prompt("rex", "one")
        try daemon.prompt("max", "uno")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "rex"))
        #expect(await daemon.hasPictures(1, "max"))
        try await daemon.stop()
        try daemon.folder.move("root/rex", to: "root/other")
        try daemon.folder.move("root/max", to: "root/rex")
        try daemon.folder.move("root/other", to: "root/max")
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        try next.prompt("max", "one\ntwo")
        #expect(await next.hasPictures(2, "max"))
        #expect(try await next.isIdle())
        #expect(next.engine.record.generated.map(\.prompt) == ["two"])
        #expect(
            next.engine.record.generated.first?.references.first?.contentHash
                == FakeEngine.hash(try TestPhoto.png(1)))
        try await next.stop()
    }

    // MARK: Folders within

    @Test func photosInFoldersWithinCount() async throws {
        let daemon = try DaemonHarness { $0.reconcileInterval = .seconds(3600) }
        try daemon.addSubject("rex", photos: [9])
        try daemon.folder.makeFolder("root/rex/2024/may")
        try daemon.addPhoto(1, to: "rex", as: "2024/may/a.png")
        try daemon.folder.makeFolder("root/rex/output")
        try daemon.addPhoto(7, to: "rex", as: "output/no.png")
        try daemon.folder.makeFolder("root/rex/keep")
        try daemon.addPhoto(8, to: "rex", as: "keep/no.png")
        try daemon.prompt("rex", "one")
        try await daemon.start()
        #expect(await eventually { daemon.engine.record.generated.count == 1 })
        #expect(
            daemon.engine.record.generated.first?.references.map(\.name) == ["2024/may/a.png", "photo9.png"])

        // Each folder is watched, however it came: made, filled and moved here as a whole, or renamed.
        try daemon.folder.makeFolder("root/rex/2025")
        try daemon.addPhoto(2, to: "rex", as: "2025/b.png")
        #expect(await eventually { (try? await daemon.subject("rex")?.photosUsed.count) == 3 })
        try daemon.folder.makeFolder("elsewhere/deep")
        try daemon.folder.write("elsewhere/deep/c.png", try TestPhoto.png(3))
        try daemon.folder.move("elsewhere", to: "root/rex/2026")
        #expect(await eventually { (try? await daemon.subject("rex")?.photosUsed.count) == 4 })
        try daemon.folder.move("root/rex/2024", to: "root/rex/old")
        #expect(
            await eventually {
                (try? await daemon.subject("rex")?.photosUsed)
                    == ["2025/b.png", "2026/deep/c.png", "old/may/a.png", "photo9.png"]
            })
        try daemon.addPhoto(4, to: "rex", as: "old/may/d.png")
        try daemon.addPhoto(5, to: "rex", as: "2026/deep/e.png")
        #expect(await eventually { (try? await daemon.subject("rex")?.photosUsed.count) == 6 })
        try daemon.folder.remove("root/rex/2026")
        #expect(await eventually { (try? await daemon.subject("rex")?.photosUsed.count) == 4 })
        #expect(try await daemon.subject("rex")?.backend == .inotify)
        #expect(try await daemon.status().watching.totalDrift == 0)
        try await daemon.stop()
    }

    @Test func foldersWithinAreWatchedUnderTheSubjectsNewName() async throws {
        let daemon = try DaemonHarness { $0.reconcileInterval = .seconds(3600) }
        try daemon.addSubject("rex", photos: [])
        try daemon.folder.makeFolder("root/rex/2024")
        try daemon.addPhoto(1, to: "rex", as: "2024/a.png")
        try await daemon.start()
        try daemon.folder.move("root/rex", to: "root/max")
        #expect(await eventually { (try? await daemon.subject("max")?.photosUsed) == ["2024/a.png"] })
        try daemon.addPhoto(2, to: "max", as: "2024/b.png")
        #expect(await eventually { (try? await daemon.subject("max")?.photosUsed.count) == 2 })
        try await daemon.stop()
    }

    // MARK: Several prompts, and settings

    @Test func severalPromptFilesStandSideBySide() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("rex", photos: [1])
        try daemon.prompt("rex", "one")
        try daemon.folder.write("root/rex/beach.prompt.txt", "two")
        try daemon.folder.write("root/rex/bad.prompt.txt", [0xFF, 0xFE, 0x00])
        try await daemon.start()
        #expect(await daemon.hasPictures(2, "rex"))
        #expect(Set(daemon.engine.record.generated.map(\.prompt)) == ["one", "two"])
        #expect(
            await eventually {
                daemon.folder.read("root/rex/bad.prompt.error.txt")?.contains("bad.prompt.txt cannot") == true
            })
        #expect(!daemon.folder.exists("root/rex/prompt.error.txt"))
        #expect(try await daemon.subject("rex")?.detail?.contains("bad.prompt.txt: It is not UTF-8") == true)
        try daemon.folder.write("root/rex/bad.prompt.txt", "three")
        #expect(await daemon.hasPictures(3, "rex"))
        #expect(await eventually { !daemon.folder.exists("root/rex/bad.prompt.error.txt") })
        try await daemon.stop()

        // A restart makes none of them again, and takes away what was mended meanwhile.
        try daemon.folder.remove("root/rex/bad.prompt.txt")
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        try next.folder.write("root/rex/beach.prompt.txt", "two\nfour")
        #expect(await next.hasPictures(4, "rex"))
        #expect(try await next.isIdle())
        #expect(next.engine.record.generated.map(\.prompt) == ["four"])
        try await next.stop()
    }

    @Test func aRenamedPromptFileMakesNothingTwiceAndARemovedOneNothingMore() async throws {
        let daemon = try DaemonHarness(engine: FakeEngine(steps: 4))
        try daemon.addSubject("rex", photos: [1])
        try await daemon.start()
        let isHeld = Mutex(true)
        daemon.engine.setMischief { _ in
            while isHeld.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
        }
        try daemon.prompt("rex", "one\ntwo\nthree")
        #expect(await eventually { (try? await daemon.subject("rex"))?.jobsWaiting == 3 })
        #expect(await eventually { (try? await daemon.status())?.running != nil })
        try daemon.folder.move("root/rex/prompt.txt", to: "root/rex/old.prompt.txt")
        #expect(
            await eventually {
                let waiting = (try? await daemon.status())?.waiting ?? []
                return waiting.count == 2 && waiting.allSatisfy { $0.source == "old.prompt.txt" }
            })
        try daemon.folder.remove("root/rex/old.prompt.txt")
        #expect(await eventually { (try? await daemon.status())?.waitingCount == 0 })
        isHeld.withLock { $0 = false }
        // What was under way is made all the same.
        #expect(await daemon.hasPictures(1, "rex"))
        #expect(try await daemon.isIdle())
        #expect(daemon.pictures("rex").count == 1)
        try await daemon.stop()
    }

    @Test func settingsThatCannotBeReadAreToldBesideThem() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("rex", photos: [1])
        try daemon.folder.write("root/rex/subject.yaml", [0xFF, 0xFE])
        try daemon.folder.write("root/defaults.yaml", [0xFF, 0xFE])
        try daemon.prompt("rex", "one")
        try await daemon.start()
        // Nothing is held up by that.
        #expect(await daemon.hasPictures(1, "rex"))
        #expect(
            await eventually {
                daemon.folder.read("root/rex/subject.error.txt")?.contains("subject.yaml cannot") == true
            })
        #expect(
            await eventually {
                daemon.folder.read("root/defaults.error.txt")?.contains("defaults.yaml cannot") == true
            })
        #expect(try await daemon.status().watching.detail?.contains("defaults.yaml: It is not") == true)
        try daemon.folder.remove("root/rex/subject.yaml")
        try daemon.folder.remove("root/defaults.yaml")
        #expect(await eventually { !daemon.folder.exists("root/rex/subject.error.txt") })
        #expect(await eventually { !daemon.folder.exists("root/defaults.error.txt") })
        #expect(try await daemon.isIdle())
        #expect(daemon.engine.record.generated.count == 1)
        try await daemon.stop()
    }

    @Test func aPromptWaitsForTheSettingsForAllThatCameWithIt() async throws {
        let daemon = try DaemonHarness {
            $0.settleTime = .milliseconds(300)
            $0.reconcileInterval = .seconds(3600)
        }
        try daemon.addSubject("rex", photos: [1])
        try await daemon.start()
        try daemon.folder.write("settings", "steps: 7")
        /// Has the settings settle later than a prompt that was written before. They are whole at every moment, however
        /// long this waits between two of them.
        func writeSettings() async throws {
            for _ in 0..<20 {
                let file = try #require(FileHandle(forWritingAtPath: daemon.folder("settings")))
                try file.write(contentsOf: Data("steps: 7".utf8))
                try file.close()
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        // Another name for the file: it counts as one that was written now.
        try FileManager.default.linkItem(
            atPath: daemon.folder("settings"), toPath: daemon.folder("root/defaults.yaml"))
        try daemon.prompt("rex", "one")
        try await writeSettings()
        #expect(await daemon.hasPictures(1, "rex"))
        try daemon.prompt("rex", "one\ntwo")
        #expect(await daemon.hasPictures(2, "rex"))
        #expect(daemon.engine.record.generated.map(\.options.steps) == [7, 7])
        // Settings that go before they were read hold up nothing.
        try daemon.prompt("rex", "three")
        try await writeSettings()
        try daemon.folder.remove("root/defaults.yaml")
        #expect(await daemon.hasPictures(3, "rex"))
        try await daemon.stop()
    }

    @Test func settingsThatNobodyToldOfHoldForThePromptsAfterThem() async throws {
        let daemon = try DaemonHarness {
            $0.reconcileInterval = .seconds(3600)
            $0.pollInterval = .seconds(3600)
        }
        try daemon.addSubject("rex", photos: [1])
        try await daemon.start { parts in
            parts.makeWatcher = { RootlessWatcher(watcher: InotifyWatcher(mailbox: $0)) }
        }
        try daemon.folder.write("root/defaults.yaml", "steps: 7")
        try daemon.prompt("rex", "one")
        #expect(await daemon.hasPictures(1, "rex"))
        #expect(daemon.engine.record.generated.map(\.options.steps) == [7])
        // So do those that are gone.
        try daemon.folder.remove("root/defaults.yaml")
        try daemon.prompt("rex", "two")
        #expect(await daemon.hasPictures(2, "rex"))
        #expect(daemon.engine.record.generated.map(\.options.steps) == [7, nil])
        try await daemon.stop()
    }

    // MARK: Files as they come

    @Test func aHardLinkIsAPhoto() async throws {
        let daemon = try DaemonHarness { $0.reconcileInterval = .seconds(3600) }
        try daemon.addSubject("rex", photos: [])
        try daemon.folder.write("photo.png", try TestPhoto.png(3))
        try await daemon.start()
        try FileManager.default.linkItem(
            atPath: daemon.folder("photo.png"), toPath: daemon.folder("root/rex/a.png"))
        #expect(await eventually { (try? await daemon.subject("rex")?.photosUsed) == ["a.png"] })
        try await daemon.stop()
    }

    @Test func aPhotoReplacedInPlaceWithTheSameSizeAndTimeIsAnother() async throws {
        let daemon = try DaemonHarness { $0.reconcileInterval = .seconds(3600) }
        try daemon.addSubject("rex", photos: [1])
        try daemon.prompt("rex", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "rex"))
        let path = daemon.folder("root/rex/photo1.png")
        var before = stat()
        try #require(stat(path, &before) == 0)
        let others = try (2...250).map { try TestPhoto.png(UInt8($0)) }
        let other = try #require(others.first { $0.count == Int(before.st_size) })
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        try handle.write(contentsOf: other)
        try handle.close()
        var times = [before.st_atim, before.st_mtim]
        try #require(utimensat(AT_FDCWD, path, &times, 0) == 0)
        try daemon.prompt("rex", "two")
        #expect(await daemon.hasPictures(2, "rex"))
        #expect(daemon.engine.record.generated.last?.references.first?.contentHash == FakeEngine.hash(other))
        try await daemon.stop()
    }

    @Test func aPhotoThatIsStillBeingCopiedIsWaitedFor() async throws {
        let daemon = try DaemonHarness { $0.settleTime = .milliseconds(300) }
        try daemon.addSubject("rex", photos: [])
        let whole = try TestPhoto.png(4, side: 200)
        try daemon.prompt("rex", "one")
        try await daemon.start()
        try daemon.folder.write("root/rex/a.png", "")
        let handle = try FileHandle(forWritingTo: URL(filePath: daemon.folder("root/rex/a.png")))
        for part in 0..<8 {
            try handle.write(contentsOf: whole[(whole.count * part / 8)..<(whole.count * (part + 1) / 8)])
            try await Task.sleep(for: .milliseconds(30))
        }
        try handle.close()
        #expect(await daemon.hasPictures(1, "rex"))
        #expect(
            daemon.engine.record.generated.map { $0.references.map(\.contentHash) } == [
                [FakeEngine.hash(whole)]
            ])
        #expect(daemon.folder.names("root/rex").contains("photos.error.txt") == false)
        try await daemon.stop()
    }

    // MARK: How long it takes

    /// A figure for the reader, no verdict: this machine may be busy.
    @Test func fromThePromptsLastByteToTheJob() async throws {
        let daemon = try DaemonHarness { $0.settleTime = .milliseconds(500) }
        try daemon.addSubject("rex", photos: [1, 2, 3])
        try await daemon.start()
        var waits: [Double] = []
        for round in 1...5 {
            // Held, so that the job's start can be asked for.
            let isHeld = Mutex(true)
            daemon.engine.setMischief { _ in
                while isHeld.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(5)) }
            }
            try daemon.prompt("rex", "round \(round)")
            let facts = try FileManager.default.attributesOfItem(atPath: daemon.folder("root/rex/prompt.txt"))
            let written = try #require(facts[.modificationDate] as? Date)
            #expect(
                try await eventually { try await daemon.status().running?.job.prompt == "round \(round)" })
            waits.append(Date.now.timeIntervalSince(written) * 1000 - 500)
            isHeld.withLock { $0 = false }
            #expect(await daemon.hasPictures(round, "rex"))
        }
        print("from the prompt's last byte to the job: the settle time and \(waits.map { Int($0) }) ms")
        #expect(waits.count == 5 && waits.allSatisfy { $0 > -50 })
        try await daemon.stop()
    }
}

/// As a system that cannot watch the root.
private struct RootlessWatcher: FolderWatching {
    let watcher: InotifyWatcher

    func watch(_ folder: String, as key: String) async throws(WatchError) {
        guard key != ChangeMailbox.rootKey else {
            throw .limitReached(setting: "fs.inotify.max_user_watches", value: 1000)
        }
        try await watcher.watch(folder, as: key)
    }

    func unwatch(_ key: String) async { await watcher.unwatch(key) }

    func end() async { await watcher.end() }
}
