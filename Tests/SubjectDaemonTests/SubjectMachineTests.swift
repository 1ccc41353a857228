import Testing

@testable import SubjectDaemon

/// The state machine of one subject, without a disk and without a clock.
@Suite struct SubjectMachineTests {
    /// A machine, its folder, and the time, moved by hand.
    private struct Scene {
        var machine: SubjectMachine
        var files: [String: FolderListing.Entry] = [:]
        var now = Moment(uptime: .seconds(1000), wall: 5_000_000 * 1_000_000_000)
        var trustTimes = true
        var folder = FolderIdentity(device: 1, inode: 77)

        init(handled: HandledPrompt? = nil) {
            machine = SubjectMachine(
                patience: .init(settle: .seconds(2), incomplete: .seconds(10)), handled: handled)
        }

        /// Writes a file now, or some time ago by its own times.
        mutating func write(_ name: String, size: Int64 = 100, ago: Int64 = 0, inode: UInt64 = 1) {
            let time = now.wall - ago * 1_000_000_000
            files[name] = .file(FileFingerprint(size: size, modified: time, changed: time, inode: inode))
        }

        func fingerprint(_ name: String) -> FileFingerprint {
            guard case .file(let fingerprint)? = files[name] else { fatalError("no file \(name)") }
            return fingerprint
        }

        @discardableResult
        mutating func observe(movedIn: Set<String> = []) -> Int {
            machine.observe(
                FolderListing(identity: folder, files: files), movedIn: movedIn, trustTimes: trustTimes,
                at: now)
        }

        mutating func wait(_ seconds: Double) {
            now = now.advanced(by: .seconds(seconds))
            observe()
        }

        var actions: [SubjectMachine.Action] { machine.next(at: now).actions }

        var lookAgain: Duration? { machine.next(at: now).lookAgain.map { $0 - now.uptime } }

        mutating func judge(_ name: String, _ verdict: PhotoVerdict) {
            machine.judge(name, fingerprint(name), verdict, at: now)
        }

        mutating func read(_ text: String) {
            machine.read(PromptFile.parse(Array(text.utf8)), fingerprint(FileRules.promptName))
        }

        /// A photo and a prompt that have settled and are judged.
        mutating func settleAll(prompt: String = "one") {
            observe()
            wait(2)
            for name in files.keys where FileRules.kind(name) == .photo {
                judge(name, .usable(width: 9, height: 9))
            }
            read(prompt)
        }
    }

    private static let good = PhotoVerdict.usable(width: 9, height: 9)

    @Test func aFileIsLookedAtOnceItHasRested() {
        var scene = Scene()
        scene.write("a.jpg")
        #expect(scene.observe() == 1)
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(2))
        scene.wait(1)
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(1))
        scene.wait(1)
        #expect(scene.actions == [.probe("a.jpg", scene.fingerprint("a.jpg"))])
    }

    @Test func aGrowingFileBeginsToRestAnew() {
        var scene = Scene()
        for size in 1...5 {
            scene.write("a.jpg", size: Int64(size))
            scene.observe()
            #expect(scene.actions.isEmpty)
            scene.wait(1.5)
        }
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(0.5))
    }

    @Test func aFileRenamedIntoPlaceCountsAtOnce() {
        var scene = Scene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.observe(movedIn: ["a.jpg", "prompt.txt"])
        #expect(scene.lookAgain == nil)
        #expect(
            scene.actions == [
                .probe("a.jpg", scene.fingerprint("a.jpg")), .readPrompt(scene.fingerprint("prompt.txt")),
            ])
    }

    @Test func aFileWrittenAfterItsRenameMustRest() {
        var scene = Scene()
        scene.write("a.jpg")
        scene.observe(movedIn: ["a.jpg"])
        scene.write("a.jpg", size: 200)
        scene.observe()
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(2))
    }

    @Test func whatRestedBeforeItWasSeenIsNotWaitedFor() {
        var scene = Scene()
        scene.write("a.jpg", ago: 60)
        scene.observe()
        #expect(scene.actions == [.probe("a.jpg", scene.fingerprint("a.jpg"))])
    }

    @Test(arguments: [60, -60]) func timesOfAnotherMachinesClockAreNotBelieved(ago: Int64) {
        var scene = Scene()
        scene.trustTimes = ago < 0
        scene.write("a.jpg", ago: ago)
        scene.observe()
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(2))
    }

    @Test func aPhotoWhoseFormatHasNotEndedIsWaitedForAndThenRejected() {
        var scene = Scene()
        scene.write("a.jpg")
        scene.observe()
        scene.wait(2)
        scene.judge("a.jpg", .incomplete)
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(8))
        #expect(scene.machine.rejectedPhotos(at: scene.now).isEmpty)
        #expect(scene.machine.arriving(at: scene.now) == ["a.jpg"])
        scene.wait(8)
        // It is looked at a last time.
        #expect(scene.actions == [.probe("a.jpg", scene.fingerprint("a.jpg"))])
        scene.judge("a.jpg", .incomplete)
        #expect(scene.machine.rejectedPhotos(at: scene.now).map(\.name) == ["a.jpg"])
        #expect(scene.machine.arriving(at: scene.now).isEmpty)
        guard case .notePhotos(let rejected)? = scene.actions.first else {
            Issue.record("no message: \(scene.actions)")
            return
        }
        #expect(rejected.map(\.name) == ["a.jpg"])
    }

    @Test func aPhotoThatGoesOnGrowingIsWaitedForAnew() {
        var scene = Scene()
        scene.write("a.jpg")
        scene.observe()
        scene.wait(2)
        scene.judge("a.jpg", .incomplete)
        scene.wait(7)
        scene.write("a.jpg", size: 500)
        scene.observe()
        #expect(scene.lookAgain == .seconds(2))
        scene.wait(2)
        scene.judge("a.jpg", Self.good)
        #expect(scene.machine.usablePhotos.map(\.name) == ["a.jpg"])
    }

    @Test func aVerdictOverAnEarlierStateOfAFileIsIgnored() {
        var scene = Scene()
        scene.write("a.jpg")
        scene.observe()
        scene.wait(2)
        let before = scene.fingerprint("a.jpg")
        scene.write("a.jpg", size: 500)
        scene.observe()
        scene.machine.judge("a.jpg", before, Self.good, at: scene.now)
        #expect(scene.machine.usablePhotos.isEmpty)
    }

    @Test func thePromptIsPlannedOnceEverythingHasSettled() {
        var scene = Scene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.settleAll()
        #expect(scene.actions.contains(.plan))
        // Another photo arrives before that is done: it is waited for.
        scene.write("b.jpg", inode: 2)
        scene.observe()
        #expect(scene.actions.isEmpty)
        scene.wait(2)
        scene.judge("b.jpg", Self.good)
        #expect(scene.actions.contains(.plan))
        scene.machine.handled(scene.machine.promptToHandle)
        #expect(!scene.actions.contains(.plan))
    }

    @Test func aPromptWithoutPhotosWaits() {
        var scene = Scene()
        scene.write("prompt.txt")
        scene.settleAll()
        #expect(!scene.actions.contains(.plan) && scene.machine.waitsForPhotos)
        scene.write("a.jpg")
        scene.observe(movedIn: ["a.jpg"])
        scene.judge("a.jpg", Self.good)
        #expect(scene.actions.contains(.plan))
    }

    @Test func aHandledPromptIsDueAgainWhenItIsSavedAgain() {
        var scene = Scene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.settleAll()
        scene.machine.handled(scene.machine.promptToHandle)
        #expect(!scene.machine.isPromptDue)
        scene.wait(60)
        scene.write("prompt.txt")
        scene.observe(movedIn: ["prompt.txt"])
        scene.read("one")
        #expect(scene.machine.isPromptDue)
    }

    @Test func photosAloneMakeNoPromptDue() {
        var scene = Scene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.settleAll()
        scene.machine.handled(scene.machine.promptToHandle)
        scene.write("b.jpg", inode: 2)
        scene.observe(movedIn: ["b.jpg"])
        scene.judge("b.jpg", Self.good)
        #expect(!scene.machine.isPromptDue)
    }

    @Test func whatWasHandledBeforeARestartIsNotDueButWhatChangedIs() {
        var before = Scene()
        before.write("prompt.txt")
        before.settleAll()
        let handled = before.machine.promptToHandle
        var after = Scene(handled: handled)
        after.files = before.files
        after.now = before.now.advanced(by: .seconds(3600))
        after.observe()
        after.read("one")
        #expect(!after.machine.isPromptDue)
        after.read("two")
        #expect(after.machine.isPromptDue)
    }

    @Test func aFolderOfTheSameNameIsAnother() {
        var scene = Scene()
        scene.write("prompt.txt")
        scene.settleAll()
        scene.machine.handled(scene.machine.promptToHandle)
        scene.folder.inode = 78
        scene.observe()
        #expect(scene.machine.isPromptDue)
    }

    @Test func messagesAreWrittenOnChangeOnly() {
        var scene = Scene()
        scene.write("a.gif")
        scene.write("prompt.txt")
        scene.settleAll(prompt: "# nothing")
        #expect(scene.actions.count == 2)
        scene.machine.noted(photos: scene.machine.rejectedPhotos(at: scene.now))
        scene.machine.noted(prompt: scene.machine.promptProblems)
        #expect(scene.actions.isEmpty)
        scene.files["a.gif"] = nil
        #expect(scene.observe() == 1)
        #expect(scene.actions == [.notePhotos([])])
    }

    @Test func filesOfNoUseAreNotCounted() {
        var scene = Scene()
        scene.write("notes.md")
        scene.write(".hidden.jpg")
        #expect(scene.observe() == 0)
        #expect(scene.actions == [.notePhotos([]), .notePrompt([])])
    }

    @Test func refusedFilesAreRejectedByTheirReason() {
        var scene = Scene()
        scene.files["a.png"] = .refused("it is a pipe")
        scene.files["prompt.txt"] = .refused("it is a link")
        scene.observe()
        #expect(scene.machine.rejectedPhotos(at: scene.now) == [.init(name: "a.png", reason: "it is a pipe")])
        #expect(scene.machine.promptProblems == ["it is a link"])
    }
}
