import ControlAPI
import DaemonTestSupport
import Foundation
import Synchronization
import Testing

@testable import SubjectDaemon

/// Crashes, full disks, roots that go and come: nothing is lost and nothing is done twice.
@Suite struct DaemonRecoveryTests {
    // MARK: Crashes and ends

    @Test func aJobUnderWayAtACrashIsBegunAgain() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        daemon.engine.setMischief { _ in try await Task.sleep(for: .seconds(3600)) }
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await eventually { !daemon.engine.record.generated.isEmpty })
        await daemon.crash()
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(await next.hasPictures(1, "toby"))
        #expect(try await next.isIdle())
        #expect(try await next.status().recent.first?.attempts == 2)
        try await next.stop()
    }

    @Test func aJobThatIsStoppedGivesItsAttemptBack() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        daemon.engine.setMischief { _ in try await Task.sleep(for: .seconds(3600)) }
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await eventually { !daemon.engine.record.generated.isEmpty })
        try await daemon.stop()
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(await next.hasPictures(1, "toby"))
        #expect(try await next.isIdle())
        #expect(try await next.status().recent.first?.attempts == 1)
        try await next.stop()
    }

    @Test func aJobThatCrashesThreeTimesIsHeldAndOthersGoOn() async throws {
        let folder = try TestFolder()
        for _ in 1...3 {
            let daemon = try DaemonHarness(folder: folder)
            try daemon.addSubject("toby", photos: [1])
            daemon.engine.setMischief { _ in try await Task.sleep(for: .seconds(3600)) }
            if !folder.exists("root/toby/prompt.txt") { try daemon.prompt("toby", "poison") }
            try await daemon.start()
            #expect(await eventually { !daemon.engine.record.generated.isEmpty })
            await daemon.crash()
        }
        let daemon = try DaemonHarness(folder: folder)
        try daemon.addSubject("mia", photos: [2])
        try daemon.prompt("mia", "fine")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "mia"))
        let held = try await daemon.status().recent.first { $0.state == .held }
        #expect(held?.subject == "toby" && held?.reason?.contains("3 times") == true)
        try await daemon.stop()
    }

    @Test func aPictureWhoseJobWasNotMarkedDoneIsAdopted() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        let name = Mutex("")
        let folder = daemon.folder
        daemon.engine.setMischief { request in
            // As if the daemon had died between the rename and the mark.
            try folder.makeFolder("root/toby/output")
            let file = "toby-\(request.jobID)-\(request.seed).png"
            try folder.write("root/toby/output/\(file)", try TestPhoto.png(5))
            name.withLock { $0 = file }
            try await Task.sleep(for: .seconds(3600))
        }
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await eventually { name.withLock { !$0.isEmpty } })
        await daemon.crash()
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        let status = try await next.status()
        #expect(status.recent.first?.state == .done)
        #expect(status.recent.first?.output == folder("root/toby/output/" + name.withLock { $0 }))
        #expect(next.engine.record.generated.isEmpty)
        try await next.stop()
    }

    @Test func aFileOfAPicturesNameIsNotOverwritten() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        let folder = daemon.folder
        daemon.engine.setMischief { request in
            try folder.makeFolder("root/toby/output")
            try folder.write("root/toby/output/toby-\(request.jobID)-\(request.seed).png", "mine")
        }
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(2, "toby"))
        let names = daemon.pictures("toby")
        #expect(names.contains { $0.hasSuffix("-2.png") })
        #expect(names.contains { folder.read("root/toby/output/\($0)") == "mine" })
        try await daemon.stop()
    }

    // MARK: The engine and the disk

    @Test func anEnginesFailureIsToldAndSavingThePromptTriesAgain() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        daemon.engine.setMischief { _ in throw EngineFailure("the model has no tensor 'x'") }
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await eventually { (try? await daemon.status().recent.first?.state) == .failed })
        #expect(try await daemon.status().recent.first?.reason == "the model has no tensor 'x'")
        daemon.engine.setMischief(nil)
        try daemon.prompt("toby", "one")
        #expect(await daemon.hasPictures(1, "toby"))
        try await daemon.stop()
    }

    @Test func withoutAModelJobsWait() async throws {
        let folder = try TestFolder()
        try folder.makeFolder("root")
        var configuration = DaemonConfiguration(
            root: folder("root"), stateFolder: folder("state"), socket: folder("jedid.sock"))
        configuration.settleTime = .milliseconds(20)
        let silent = SilentLogger.make()
        let daemon = SubjectDaemon(
            configuration: configuration, engine: UnavailableEngine(reason: "no model"), logger: silent)
        var parts = SubjectDaemon.Parts()
        parts.heedsSignals = false
        try folder.makeFolder("root/toby")
        try folder.write("root/toby/1.png", try TestPhoto.png(1))
        try folder.write("root/toby/prompt.txt", "one")
        let task = Task { [parts] in try await daemon.run(parts: parts) {} }
        let client = ControlClient(sockets: [configuration.socket], timeout: 60)
        #expect(
            await eventually {
                guard let status = try? await onThread({ try client.status() }) else { return false }
                return status.waitingCount == 1 && status.paused == "the model cannot be used: no model"
                    && status.engine.state == .unavailable
            })
        task.cancel()
        _ = await task.result
    }

    @Test func aFullDiskHoldsTheQueueUntilThereIsRoom() async throws {
        let full = try DaemonHarness { $0.freeBytesNeeded = .max }
        try full.addSubject("toby", photos: [1])
        try full.prompt("toby", "one")
        try await full.start()
        #expect(await eventually { (try? await full.status().paused)?.contains("is full") == true })
        #expect(full.engine.record.generated.isEmpty)
        try await full.stop()
        let roomy = try DaemonHarness(folder: full.folder)
        try await roomy.start()
        #expect(await roomy.hasPictures(1, "toby"))
        try await roomy.stop()
    }

    @Test func aPictureThatFindsNoRoomIsWrittenLaterAndNotMadeAgain() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        let isFull = Mutex(true)
        try await daemon.start {
            $0.writePicture = { picture, job, folder in
                if isFull.withLock({ $0 }) { throw SystemCallError("write", folder.path, ENOSPC) }
                return try folder.write(picture, of: job)
            }
        }
        #expect(await eventually { (try? await daemon.status().paused)?.contains("No space left") == true })
        #expect(try await daemon.status().running?.phase == .writing)
        isFull.withLock { $0 = false }
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(await eventually { (try? await daemon.status())?.paused == nil })
        #expect(daemon.engine.record.generated.count == 1)
        try await daemon.stop()
    }

    @Test func aFullDiskDoesNotHoldUpTheEnd() async throws {
        let daemon = try DaemonHarness { $0.retryInterval = .seconds(3600) }
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        try await daemon.start {
            $0.writePicture = { _, _, folder in throw SystemCallError("write", folder.path, ENOSPC) }
        }
        #expect(await eventually { (try? await daemon.status().paused) != nil })
        try await daemon.stop()
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(await next.hasPictures(1, "toby"))
        try await next.stop()
    }

    // MARK: The root

    @Test func aRootThatIsMissingAtTheStartIsAwaited() async throws {
        let daemon = try DaemonHarness()
        try daemon.folder.remove("root")
        try await daemon.start()
        #expect(try await !daemon.status().watching.rootAvailable)
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        #expect(await daemon.hasPictures(1, "toby"))
        try await daemon.stop()
    }

    @Test func aMissingRootIsUnavailableAndComesBack() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        try daemon.folder.move("root", to: "away")
        #expect(await eventually { (try? await daemon.status().watching.rootAvailable) == false })
        #expect(try await daemon.subject("toby")?.state == .unavailable)
        try daemon.folder.move("away", to: "root")
        #expect(await eventually { (try? await daemon.status().watching.rootAvailable) == true })
        try daemon.prompt("toby", "two")
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(daemon.engine.record.encoded.count == 1)
        try await daemon.stop()
    }

    @Test func anEmptyPlaceWhereTheRootWasIsUnavailable() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        try daemon.folder.move("root", to: "away")
        try daemon.folder.makeFolder("root")
        #expect(
            await eventually {
                (try? await daemon.status().watching.detail)?.contains("is its disk mounted?") == true
            })
        try daemon.folder.remove("root")
        try daemon.folder.move("away", to: "root")
        try daemon.prompt("toby", "two")
        #expect(await daemon.hasPictures(2, "toby"))
        try await daemon.stop()
    }

    @Test func foldersComeGoAndAreMadeAnew() async throws {
        let daemon = try DaemonHarness()
        try await daemon.start()
        for round in 1...5 {
            try daemon.addSubject("toby", photos: [UInt8(round)])
            try daemon.prompt("toby", "round \(round)")
            #expect(await daemon.hasPictures(1, "toby"))
            try daemon.folder.remove("root/toby")
            #expect(await eventually { (try? await daemon.status().subjects.isEmpty) == true })
        }
        try daemon.addSubject("tobby", photos: [7])
        try daemon.folder.move("root/tobby", to: "root/toby")
        #expect(await eventually { (try? await daemon.status().subjects.map(\.name)) == ["toby"] })
        try daemon.prompt("toby", "renamed")
        #expect(await daemon.hasPictures(1, "toby"))
        try await daemon.stop()
    }

    @Test func aSpentWatchLimitIsNamedAndTheFolderPolled() async throws {
        let daemon = try DaemonHarness()
        try await daemon.start { $0.makeWatcher = { _ in RefusingWatcher() } }
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        #expect(await daemon.hasPictures(1, "toby"))
        let toby = try #require(try await daemon.subject("toby"))
        #expect(toby.backend == .polling)
        #expect(toby.backendReason?.contains("sudo sysctl fs.inotify.max_user_watches=2000") == true)
        #expect(try await daemon.status().watching.detail?.contains("cannot be watched") == true)
        try await daemon.stop()
    }

    @Test func whatNoEventToldOfIsFoundByTheComparison() async throws {
        let daemon = try DaemonHarness { $0.reconcileInterval = .milliseconds(100) }
        try await daemon.start { $0.makeWatcher = { _ in DeafWatcher() } }
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        #expect(await daemon.hasPictures(1, "toby"))
        try daemon.prompt("toby", "two")
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(await eventually { ((try? await daemon.status().watching.totalDrift) ?? 0) > 0 })
        try await daemon.stop()
    }

    @Test func lostEventsLeadToALookAtEverything() async throws {
        let daemon = try DaemonHarness { $0.reconcileInterval = .seconds(3600) }
        let mailbox = Mutex<ChangeMailbox?>(nil)
        try await daemon.start {
            $0.makeWatcher = {
                box in
                mailbox.withLock { $0 = box }
                return DeafWatcher()
            }
        }
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        mailbox.withLock { $0 }?.postOverflow()
        #expect(await daemon.hasPictures(1, "toby"))
        try await daemon.stop()
    }

    // MARK: Two daemons

    @Test func aSecondDaemonIsRefused() async throws {
        let daemon = try DaemonHarness()
        try await daemon.start()
        let sameState = try DaemonHarness(folder: daemon.folder) { $0.socket = daemon.folder("other.sock") }
        await #expect(throws: DaemonError.stateFolderInUse(daemon.folder("state"))) {
            try await sameState.start()
        }
        let sameSocket = try DaemonHarness(folder: daemon.folder) { $0.stateFolder = daemon.folder("other") }
        await #expect(throws: DaemonError.self) { try await sameSocket.start() }
        #expect(try await daemon.status().schema == "jedi.status/1")
        try await daemon.stop()
    }
}

/// As a system without watches left.
private struct RefusingWatcher: FolderWatching {
    func watch(_ folder: String, as key: String) async throws(WatchError) {
        throw .limitReached(setting: "fs.inotify.max_user_watches", value: 1000)
    }

    func unwatch(_ key: String) async {}

    func end() async {}
}

/// As a file system that tells of nothing.
private struct DeafWatcher: FolderWatching {
    func watch(_ folder: String, as key: String) async throws(WatchError) {}

    func unwatch(_ key: String) async {}

    func end() async {}
}
