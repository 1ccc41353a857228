import Testing

@testable import SubjectDaemon

/// The state machine of one subject, without a disk and without a clock.
@Suite struct SubjectMachineTests {
    private static let good = PhotoVerdict.usable(width: 9, height: 9)

    @Test func aFileIsLookedAtOnceItHasRested() {
        var scene = MachineScene()
        scene.write("a.jpg")
        #expect(scene.observe() == 1)
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(2))
        scene.wait(1)
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(1))
        scene.wait(1)
        #expect(scene.actions == [.probe("a.jpg", scene.fingerprint("a.jpg"))])
    }

    @Test func aGrowingFileBeginsToRestAnew() {
        var scene = MachineScene()
        for size in 1...5 {
            scene.write("a.jpg", size: Int64(size))
            scene.observe()
            #expect(scene.actions.isEmpty)
            scene.wait(1.5)
        }
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(0.5))
    }

    @Test func aFileRenamedIntoPlaceCountsAtOnce() {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.observe(movedIn: ["a.jpg", "prompt.txt"])
        #expect(scene.lookAgain == nil)
        #expect(
            scene.actions == [
                .probe("a.jpg", scene.fingerprint("a.jpg")),
                .readPrompt("prompt.txt", scene.fingerprint("prompt.txt")),
            ])
    }

    @Test func aFileWrittenAfterItsRenameMustRest() {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.observe(movedIn: ["a.jpg"])
        scene.write("a.jpg", size: 200)
        scene.observe()
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(2))
    }

    @Test func whatRestedBeforeItWasSeenIsNotWaitedFor() {
        var scene = MachineScene()
        scene.write("a.jpg", ago: 60)
        scene.observe()
        #expect(scene.actions == [.probe("a.jpg", scene.fingerprint("a.jpg"))])
    }

    @Test(arguments: [60, -60]) func timesOfAnotherMachinesClockAreNotBelieved(ago: Int64) {
        var scene = MachineScene()
        scene.trustTimes = ago < 0
        scene.write("a.jpg", ago: ago)
        scene.observe()
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(2))
    }

    @Test func aPhotoWhoseFormatHasNotEndedIsWaitedForAndThenRejected() {
        var scene = MachineScene()
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
        #expect(
            scene.actions == [
                .note(
                    "photos.error.txt",
                    ["a.jpg: the file ends before its picture does; copy it here once more."])
            ])
    }

    @Test func aPhotoThatGoesOnGrowingIsWaitedForAnew() {
        var scene = MachineScene()
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
        var scene = MachineScene()
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
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.settleAll()
        #expect(scene.actions.contains(.plan("prompt.txt")))
        // Another photo arrives before that is done: it is waited for.
        scene.write("b.jpg", inode: 2)
        scene.observe()
        #expect(scene.actions.isEmpty)
        scene.wait(2)
        scene.judge("b.jpg", Self.good)
        #expect(scene.actions == [.hash("b.jpg", scene.fingerprint("b.jpg"))])
        scene.hash("b.jpg")
        #expect(scene.actions.contains(.plan("prompt.txt")))
        scene.handle()
        #expect(!scene.actions.contains(.plan("prompt.txt")))
    }

    @Test func aPromptWithoutPhotosWaits() {
        var scene = MachineScene()
        scene.write("prompt.txt")
        scene.settleAll()
        #expect(!scene.actions.contains(.plan("prompt.txt")) && scene.machine.waitsForPhotos)
        scene.write("a.jpg")
        scene.observe(movedIn: ["a.jpg"])
        scene.judge("a.jpg", Self.good)
        scene.hash("a.jpg")
        #expect(scene.actions.contains(.plan("prompt.txt")))
    }

    @Test func aHandledPromptIsDueAgainWhenItIsSavedAgain() {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.settleAll()
        scene.handle()
        #expect(!scene.machine.isPromptDue)
        scene.wait(60)
        scene.write("prompt.txt")
        scene.observe(movedIn: ["prompt.txt"])
        scene.read("one")
        #expect(scene.machine.isPromptDue)
    }

    @Test func whileSettingsForAllPendNoPromptIsReadOrPlanned() {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.observe()
        scene.wait(2)
        scene.judge("a.jpg", Self.good)
        scene.hash("a.jpg")
        scene.defaultsPend = true
        #expect(scene.actions.isEmpty)
        #expect(scene.machine.mayOwePictures && !scene.machine.isQuiet(at: scene.now))
        scene.defaultsPend = false
        #expect(scene.actions == [.readPrompt("prompt.txt", scene.fingerprint("prompt.txt"))])
        scene.read("one")
        scene.defaultsPend = true
        #expect(scene.actions.isEmpty)
        scene.defaultsPend = false
        #expect(scene.actions == [.plan("prompt.txt")])
        scene.handle()
        #expect(!scene.machine.mayOwePictures && scene.machine.isQuiet(at: scene.now))
    }

    @Test func photosAloneMakeNoPromptDue() {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.settleAll()
        scene.handle()
        scene.write("b.jpg", inode: 2)
        scene.observe(movedIn: ["b.jpg"])
        scene.judge("b.jpg", Self.good)
        #expect(!scene.machine.isPromptDue)
    }

    @Test func whatWasHandledBeforeARestartIsNotDueButWhatChangedIs() {
        var before = MachineScene()
        before.write("prompt.txt")
        before.settleAll()
        let handled = before.machine.duePrompts.map(\.handled)
        var after = MachineScene(handled: handled)
        after.files = before.files
        after.now = before.now.advanced(by: .seconds(3600))
        after.observe()
        after.read("one")
        #expect(!after.machine.isPromptDue)
        after.read("two")
        #expect(after.machine.isPromptDue)
    }

    @Test func aFolderOfTheSameNameIsAnother() {
        var scene = MachineScene()
        scene.write("prompt.txt")
        scene.settleAll()
        scene.handle()
        scene.folder.inode = 78
        scene.observe()
        #expect(scene.machine.isPromptDue)
    }

    @Test func aFolderThatGotADeletedOnesNumberIsAnother() {
        var scene = MachineScene()
        scene.folder.born = 5
        scene.write("prompt.txt")
        scene.settleAll()
        scene.handle()
        #expect(!scene.machine.isPromptDue)
        scene.folder.born = 6
        scene.observe()
        #expect(scene.machine.isPromptDue)
    }

    @Test func messagesAreWrittenOnChangeOnly() {
        var scene = MachineScene()
        scene.write("a.gif")
        scene.write("prompt.txt")
        scene.settleAll(prompt: "# nothing")
        #expect(scene.actions.count == 2)
        for case .note(let note, let lines) in scene.actions { scene.machine.noted(note, lines) }
        #expect(scene.actions.isEmpty)
        scene.files["a.gif"] = nil
        #expect(scene.observe() == 1)
        #expect(scene.actions == [.note("photos.error.txt", [])])
    }

    @Test func filesOfNoUseAreNotCounted() {
        var scene = MachineScene()
        scene.write("notes.md")
        scene.write(".hidden.jpg")
        #expect(scene.observe() == 0)
        #expect(scene.actions.isEmpty)
    }

    @Test func refusedFilesAreRejectedByTheirReason() {
        var scene = MachineScene()
        scene.files["a.png"] = .refused("it is a pipe")
        scene.files["prompt.txt"] = .refused("it is a link")
        scene.observe()
        #expect(scene.machine.rejectedPhotos(at: scene.now) == [.init(name: "a.png", reason: "it is a pipe")])
        #expect(scene.machine.problems.map(\.problems) == [["it is a link"]])
    }
}
