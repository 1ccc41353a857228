import ControlAPI
import DaemonTestSupport
import Glibc
import Testing

@testable import SubjectDaemon

/// Several prompt files, settings and nested photos: the same machine, without a disk and without a clock.
@Suite struct SubjectFilesTests {
    private static let good = PhotoVerdict.usable(width: 9, height: 9)

    // MARK: Prompts

    @Test func eachPromptFileIsDueForItself() {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.write("beach.prompt.txt", inode: 2)
        scene.settleAll()
        #expect(scene.actions == [.plan("beach.prompt.txt"), .plan("prompt.txt")])
        scene.machine.handled(scene.machine.duePrompts[0].handled)
        #expect(scene.actions == [.plan("prompt.txt")])
        scene.handle()
        #expect(scene.actions.isEmpty)
        scene.wait(60)
        scene.write("beach.prompt.txt", inode: 2)
        scene.observe(movedIn: ["beach.prompt.txt"])
        scene.read("two", of: "beach.prompt.txt")
        #expect(scene.actions == [.plan("beach.prompt.txt")])
        #expect(scene.machine.promptLines == 2)
    }

    @Test func eachPromptFileHasItsOwnMessage() {
        var scene = MachineScene()
        scene.write("prompt.txt")
        scene.write("beach.prompt.txt", inode: 2)
        scene.observe()
        scene.wait(2)
        scene.read("fine")
        scene.read("# nothing", of: "beach.prompt.txt")
        guard case .note("beach.prompt.error.txt", let lines)? = scene.actions.first else {
            Issue.record("no message: \(scene.actions)")
            return
        }
        #expect(lines.count == 1 && scene.actions.count == 1)
        scene.machine.noted("beach.prompt.error.txt", lines)
        #expect(scene.actions.isEmpty)
        scene.files["beach.prompt.txt"] = nil
        scene.observe()
        #expect(scene.actions == [.note("beach.prompt.error.txt", [])])
    }

    @Test func aMessageThatWasMendedBeforeARestartIsTakenAway() {
        var scene = MachineScene()
        scene.notes = ["old.prompt.error.txt", "photos.error.txt"]
        scene.observe()
        #expect(scene.actions == [.note("old.prompt.error.txt", []), .note("photos.error.txt", [])])
        scene.machine.noted("old.prompt.error.txt", [])
        scene.machine.noted("photos.error.txt", [])
        #expect(scene.actions.isEmpty)
    }

    @Test func whatAVanishedPromptAskedForIsTakenBack() {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.write("beach.prompt.txt", inode: 2)
        scene.settleAll()
        scene.handle()
        scene.wait(60)
        let file = scene.files.removeValue(forKey: "prompt.txt")
        scene.observe()
        // An editor may be about to bring it back.
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(2))
        scene.files["prompt.txt"] = file
        scene.wait(3)
        #expect(scene.actions == [.readPrompt("prompt.txt", scene.fingerprint("prompt.txt"))])
        scene.read("one")
        #expect(scene.actions.isEmpty && scene.lookAgain == nil)
        scene.files["prompt.txt"] = nil
        scene.observe()
        scene.wait(2)
        #expect(scene.actions == [.withdraw("prompt.txt")])
        scene.machine.withdrawn("prompt.txt")
        #expect(scene.actions.isEmpty && scene.lookAgain == nil)
        scene.machine.forgetHandled("beach.prompt.txt")
        #expect(scene.actions == [.readPrompt("beach.prompt.txt", scene.fingerprint("beach.prompt.txt"))])
        scene.read("one", of: "beach.prompt.txt")
        scene.handle()
        #expect(scene.actions.isEmpty && scene.lookAgain == nil)
        // It comes back as it was.
        scene.files["prompt.txt"] = file
        scene.wait(3)
        scene.read("one")
        #expect(scene.actions == [.plan("prompt.txt")])
    }

    @Test(arguments: [false, true]) func aPromptThatAsksForNothingTakesBackWhatItAskedFor(isReadable: Bool) {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.settleAll()
        scene.handle()
        scene.wait(60)
        scene.write("prompt.txt", size: 7)
        scene.observe()
        scene.wait(2)
        if isReadable {
            scene.read("# later")
            #expect(scene.actions.first == .withdraw("prompt.txt"))
        } else {
            let contents = PromptContents(contentHash: "", problems: ["It cannot be read."])
            scene.machine.read(contents, of: "prompt.txt", scene.fingerprint("prompt.txt"))
            #expect(scene.actions == [.note("prompt.error.txt", ["It cannot be read."])])
        }
    }

    @Test func handledLinesAreNotKept() {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.settleAll(prompt: "one\ntwo")
        #expect(scene.machine.duePrompts.first?.contents?.lines.count == 2)
        scene.handle()
        #expect(scene.machine.prompts.first?.contents == nil && scene.machine.promptLines == 2)
        // Asked for again they are read again.
        scene.machine.forgetHandled()
        #expect(scene.actions == [.readPrompt("prompt.txt", scene.fingerprint("prompt.txt"))])
        scene.read("one\ntwo")
        #expect(scene.actions == [.plan("prompt.txt")])
    }

    @Test func photosAreReadWhileAPromptSettles() {
        var scene = MachineScene()
        for number in 10..<30 { scene.write("\(number).jpg", ago: 60, inode: UInt64(number)) }
        scene.observe()
        for number in 10..<30 { scene.judge("\(number).jpg", Self.good) }
        #expect(scene.actions.isEmpty)
        scene.write("prompt.txt")
        scene.observe()
        #expect(scene.actions == (10..<26).map { .hash("\($0).jpg", scene.fingerprint("\($0).jpg")) })
        #expect(scene.lookAgain == .seconds(2))
    }

    @Test func photosOfAHandledPromptAreNotReadAgain() {
        var before = MachineScene()
        before.write("a.jpg")
        before.write("prompt.txt")
        before.settleAll()
        var after = MachineScene(handled: before.machine.duePrompts.map(\.handled))
        after.files = before.files
        after.now = before.now.advanced(by: .seconds(60))
        after.observe()
        after.judge("a.jpg", Self.good)
        #expect(after.actions == [.readPrompt("prompt.txt", after.fingerprint("prompt.txt"))])
        after.read("one")
        #expect(after.actions.isEmpty)
    }

    // MARK: Settings

    private func settings(_ noun: String) -> SubjectSettings {
        var settings = SubjectSettings()
        settings.classNoun = noun
        return settings
    }

    @Test func settingsAreReadBeforePrompts() {
        var scene = MachineScene()
        scene.write("prompt.txt", ago: 60)
        scene.write("subject.yaml", inode: 2)
        scene.observe()
        // It still arrives: the prompt waits for it.
        #expect(scene.actions.isEmpty && scene.lookAgain == .seconds(2))
        scene.wait(2)
        #expect(scene.actions == [.readSettings(scene.fingerprint("subject.yaml"))])
        scene.machine.read(settings: settings("dog"), scene.fingerprint("subject.yaml"))
        #expect(scene.machine.settings?.classNoun == "dog")
        #expect(scene.actions == [.readPrompt("prompt.txt", scene.fingerprint("prompt.txt"))])
    }

    @Test func otherSettingsHavePromptsReadAgainAndNothingMadeAgain() {
        var scene = MachineScene()
        scene.write("a.jpg")
        scene.write("prompt.txt")
        scene.settleAll()
        scene.handle()
        scene.write("subject.yaml", inode: 2)
        scene.observe(movedIn: ["subject.yaml"])
        scene.machine.read(settings: settings("dog"), scene.fingerprint("subject.yaml"))
        #expect(scene.actions == [.readPrompt("prompt.txt", scene.fingerprint("prompt.txt"))])
        scene.read("one")
        #expect(scene.actions.isEmpty && !scene.machine.isPromptDue)
        scene.files["subject.yaml"] = nil
        scene.observe()
        #expect(scene.machine.settings == nil)
        #expect(scene.actions == [.readPrompt("prompt.txt", scene.fingerprint("prompt.txt"))])
    }

    @Test func problemsOfSettingsStandBesideThem() {
        var scene = MachineScene()
        scene.write("subject.yaml", ago: 60)
        scene.observe()
        var bad = SubjectSettings()
        bad.problems = ["Line 1: no."]
        scene.machine.read(settings: bad, scene.fingerprint("subject.yaml"))
        #expect(scene.actions == [.note("subject.error.txt", ["Line 1: no."])])
    }

    @Test func theSubjectsSettingsComeBeforeTheRoots() {
        var own = settings("dog")
        own.defaults.picture.steps = 5
        var all = settings("animal")
        all.defaults = PromptOptions(picture: PictureOptions(steps: 9, guidance: 2), count: 3)
        all.retention = RetentionRule(count: 7)
        let both = own.over(all)
        #expect(both.classNoun == "dog" && both.retention == RetentionRule(count: 7))
        #expect(both.defaults == PromptOptions(picture: PictureOptions(steps: 5, guidance: 2), count: 3))
        #expect(SubjectSettings().over(all) == all)
    }

    @Test func whatOneTakesBackNoWeakerOneSays() {
        func parse(_ text: String) -> SubjectSettings { .parse(Array(text.utf8)) }
        let none = parse("init: none\nmask: NONE\nseed: -1")
        let some = parse("init: a.jpg\nmask: mask.png\nseed: 5\nstrength: 0.5")
        let weakest = PromptOptions(picture: .init(steps: 9), seed: 6, start: "b.jpg", mask: "b.mask.png")
        #expect(none != SubjectSettings() && none.problems.isEmpty)
        #expect(none.over(some).defaults == PromptOptions(picture: .init(strength: 0.5)))
        #expect(
            none.over(some).over(weakest).defaults == PromptOptions(picture: .init(steps: 9, strength: 0.5)))
        // The root's none counts where the subject says nothing.
        #expect(SubjectSettings().over(none).over(weakest).defaults.start == nil)
        let both = some.over(none).over(weakest).defaults
        #expect(both.start == "a.jpg" && both.mask == "mask.png" && both.seed == 5)
    }

    // MARK: Photos

    @Test func nestedPhotosCountByTheirPaths() {
        var scene = MachineScene()
        for name in ["b.jpg", "2024/z.jpg", "2024/may/a.jpg", "a.jpg"] { scene.write(name, ago: 60) }
        // A prompt counts only in the subject's own folder.
        scene.files["2024/prompt.txt"] = .file(scene.fingerprint("a.jpg"))
        scene.observe()
        for name in scene.files.keys where name.hasSuffix("jpg") { scene.judge(name, Self.good) }
        #expect(
            scene.machine.usablePhotos.map(\.name) == ["2024/may/a.jpg", "2024/z.jpg", "a.jpg", "b.jpg"])
        #expect(scene.actions.isEmpty && !scene.machine.hasPrompts)
    }

    @Test func aFolderThatCannotBeReadIsNamed() {
        var scene = MachineScene()
        scene.files["2024/"] = .refused("the folder cannot be read: Permission denied")
        scene.observe()
        #expect(
            scene.actions == [
                .note("photos.error.txt", ["2024/: the folder cannot be read: Permission denied."])
            ])
    }

    @Test func whatWasKnownOfAPhotoHoldsWhileItIsTheSame() {
        var before = MachineScene()
        before.write("a.jpg", ago: 60)
        before.write("b.jpg", ago: 60, inode: 2)
        let known = KnownPhoto(
            fingerprint: before.fingerprint("a.jpg"), verdict: Self.good, contentHash: "11")
        var after = MachineScene(photos: ["a.jpg": known, "b.jpg": known])
        after.files = before.files
        after.observe()
        #expect(after.actions == [.probe("b.jpg", after.fingerprint("b.jpg"))])
        #expect(after.machine.file("a.jpg")?.contentHash == "11")
    }

    @Test(arguments: ["size", "modified", "changed", "inode"])
    func anythingThatChangesInAFileIsAChange(field: String) {
        var scene = MachineScene()
        scene.write("a.jpg", ago: 60)
        scene.observe()
        scene.judge("a.jpg", Self.good)
        var fingerprint = scene.fingerprint("a.jpg")
        switch field {
        case "size": fingerprint.size += 1
        case "modified": fingerprint.modified += 1
        case "changed": fingerprint.changed += 1
        default: fingerprint.inode += 1
        }
        scene.files["a.jpg"] = .file(fingerprint)
        #expect(scene.observe() == 1)
        #expect(scene.actions == [.probe("a.jpg", fingerprint)])
    }

    @Test func changesAreCounted() {
        var scene = MachineScene()
        for name in ["a.jpg", "b.jpg", "d.jpg", "e.jpg"] { scene.write(name, ago: 60) }
        #expect(scene.observe() == 4)
        #expect(scene.observe() == 0)
        scene.files["a.jpg"] = nil
        scene.files["e.jpg"] = nil
        scene.write("b.jpg", size: 5, ago: 60)
        scene.write("c.jpg", ago: 60)
        scene.write("f.jpg", ago: 60)
        #expect(scene.observe() == 5)
        #expect(scene.machine.files.map(\.name) == ["b.jpg", "c.jpg", "d.jpg", "f.jpg"])
        scene.files = [:]
        #expect(scene.observe() == 4)
        #expect(scene.machine.isQuiet(at: scene.now))
    }
}

/// What is read from a disk for the machines.
@Suite struct ErrandTests {
    /// What was looked at is what was read, or it is looked at once more.
    @Test func aFileThatChangesWhileItIsReadIsReadAgain() throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/rex")
        try folder.write("root/rex/prompt.txt", "one")
        try folder.write("root/rex/subject.yaml", "steps: 7")
        func outcomes() throws -> (prompt: Errand.Outcome, settings: Errand.Outcome) {
            let listing = try FolderScanner.files(of: "rex", root: folder("root"))
            guard case .file(let prompt)? = listing.files["prompt.txt"],
                case .file(let settings)? = listing.files["subject.yaml"]
            else { throw SystemCallError("lstat", "prompt.txt", ENOENT) }
            changeNow()
            func run(_ action: SubjectMachine.Action) -> Errand.Outcome {
                Errand(subject: "rex", action: action, settings: SubjectSettings()).run(
                    root: folder("root"), probe: HeaderPhotoProbe())
            }
            return (run(.readPrompt("prompt.txt", prompt)), run(.readSettings(settings)))
        }
        var changeNow: () -> Void = {}
        guard case (.prompt(let contents, _, _), .settings(let settings, _)) = try outcomes() else {
            Issue.record("whole files were not read")
            return
        }
        #expect(contents.lines.count == 1 && settings.defaults.picture.steps == 7)
        for (name, text) in [("prompt.txt", "one\ntwo"), ("subject.yaml", "steps: 9")] {
            changeNow = { try? folder.write("root/rex/\(name)", text) }
            let outcomes = try outcomes()
            guard case .overtaken = name == "prompt.txt" ? outcomes.prompt : outcomes.settings else {
                Issue.record("\(name) was taken for what it no longer is")
                continue
            }
        }
        changeNow = { try? folder.remove("root/rex/prompt.txt") }
        guard case .overtaken = try outcomes().prompt else {
            Issue.record("a file that is gone was read")
            return
        }
    }
}

/// The settings in the root.
@Suite struct RootDefaultsTests {
    private let patience = SubjectMachine.Patience(settle: .seconds(2), incomplete: .seconds(10))
    private let start = Moment(uptime: .seconds(1000), wall: 5_000_000_000_000)

    private func file(_ size: Int64, at moment: Moment) -> FolderListing.Entry {
        .file(FileFingerprint(size: size, modified: moment.wall, changed: moment.wall, inode: 1))
    }

    @Test func theyHoldOnceTheyHaveSettledAndUntilOthersDo() {
        var defaults = RootDefaults()
        var dog = SubjectSettings()
        dog.classNoun = "dog"
        func observe(_ entry: FolderListing.Entry?, at now: Moment) -> Bool {
            defaults.observe(entry, hasNote: false, movedIn: false, trustTimes: true, at: now)
        }
        func read(_ settings: SubjectSettings, _ fingerprint: FileFingerprint) -> Bool {
            defaults.read(settings, fingerprint)
        }
        #expect(!observe(file(1, at: start), at: start))
        #expect(defaults.next(at: start, patience).lookAgain == .seconds(1002))
        let later = start.advanced(by: .seconds(2))
        guard case .file(let first) = file(1, at: start), case .file(let second) = file(2, at: later) else {
            return
        }
        #expect(defaults.next(at: later, patience).action == .read(first))
        // Whoever is late for it is told so.
        #expect(defaults.next(at: later, patience).lookAgain == .seconds(1002) && defaults.pend)
        #expect(read(dog, first))
        #expect(defaults.next(at: later, patience).action == nil)
        // While the next version settles the last one holds.
        #expect(!observe(file(2, at: later), at: later))
        #expect(defaults.settings == dog)
        #expect(!read(SubjectSettings(), first))
        #expect(!read(dog, second))
        #expect(observe(nil, at: later))
        #expect(defaults.settings == SubjectSettings())
    }

    @Test func problemsAreNotedAndTheMessageVanishes() {
        var defaults = RootDefaults()
        var bad = SubjectSettings()
        bad.problems = ["Line 1: no."]
        let old = file(1, at: start.advanced(by: .seconds(-60)))
        _ = defaults.observe(old, hasNote: false, movedIn: false, trustTimes: true, at: start)
        guard case .file(let fingerprint) = old else { return }
        _ = defaults.read(bad, fingerprint)
        #expect(defaults.next(at: start, patience).action == .note(["Line 1: no."]))
        defaults.noted(["Line 1: no."])
        #expect(defaults.next(at: start, patience).action == nil)
        _ = defaults.observe(nil, hasNote: true, movedIn: false, trustTimes: true, at: start)
        #expect(defaults.next(at: start, patience).action == .note([]))
        // One that was left by an earlier daemon vanishes as well.
        var later = RootDefaults()
        _ = later.observe(nil, hasNote: true, movedIn: false, trustTimes: true, at: start)
        #expect(later.next(at: start, patience).action == .note([]))
        later.noted([])
        #expect(later.next(at: start, patience).action == nil)
    }
}
