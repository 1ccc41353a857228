import ControlAPI
import Testing

@testable import SubjectDaemon

@Suite struct JobPlannerTests {
    @Test func aGivenSeedHoldsAndFurtherPicturesHaveTheNext() {
        let line = PromptLine(
            number: 1, text: "a toy", copy: 0, options: PromptOptions(count: 3, seed: UInt32.max - 1))
        let jobs = JobPlanner.jobs(subject: "toby", lines: [line], references: [])
        #expect(jobs.map(\.seed) == [UInt32.max - 1, UInt32.max, 0])
        #expect(Set(jobs.map(\.key)).count == 3)
    }

    @Test func severalPicturesOfALineAreThoseOfAsManyLines() {
        let several = PromptLine(number: 1, text: "a toy", copy: 0, options: PromptOptions(count: 2))
        let single = [0, 1].map { PromptLine(number: $0 + 1, text: "a toy", copy: $0) }
        #expect(
            JobPlanner.jobs(subject: "toby", lines: [several], references: [])
                == JobPlanner.jobs(subject: "toby", lines: single, references: []))
    }

    private let photos = [
        PictureRequest.Reference(name: "a.jpg", contentHash: "11"),
        PictureRequest.Reference(name: "b.jpg", contentHash: "22"),
    ]

    private func plan(_ text: String, subject: String = "toby", photos: [PictureRequest.Reference]? = nil)
        -> [PlannedJob]
    {
        JobPlanner.jobs(
            subject: subject, lines: PromptFile.parse(Array(text.utf8)).lines,
            references: photos ?? self.photos)
    }

    @Test func theSameIsTheSameJob() {
        #expect(plan("one") == plan("# comment\n one "))
        #expect(plan("one", photos: photos.reversed())[0].key == plan("one")[0].key)
    }

    @Test func whateverThePictureDependsOnMakesAnotherJob() {
        let other = [PictureRequest.Reference(name: "a.jpg", contentHash: "33")]
        let keys = [
            plan("one")[0].key, plan("two")[0].key, plan("one", subject: "mia")[0].key,
            plan("one", photos: other)[0].key, plan("one", photos: [])[0].key, plan("one\none")[1].key,
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test func partsDoNotRunIntoOneAnother() {
        let options = PictureOptions()
        let one = JobPlanner.key(subject: "ab", prompt: "c", copy: 0, options: options, references: [])
        let two = JobPlanner.key(subject: "a", prompt: "bc", copy: 0, options: options, references: [])
        #expect(one != two)
    }

    @Test func optionsCount() {
        func key(_ options: PictureOptions) -> [UInt8] {
            JobPlanner.key(subject: "a", prompt: "b", copy: 0, options: options, references: [])
        }
        let keys = [
            key(.init()), key(.init(steps: 20)), key(.init(guidance: 20)), key(.init(imageGuidance: 20)),
            key(.init(width: 20)), key(.init(height: 20)), key(.init(mode: "20")), key(.init(sampler: "20")),
            key(.init(negativePrompt: "20")), key(.init(strength: 20)),
        ]
        #expect(Set(keys).count == keys.count)
    }

    @Test func theStartCountsByContentAlone() {
        func key(_ start: StartPhotos?) -> [UInt8] {
            JobPlanner.key(
                subject: "a", prompt: "b", copy: 0, options: .init(), references: photos, start: start)
        }
        let keys = [
            key(nil), key(.init(photo: photos[0])), key(.init(photo: photos[1])),
            key(.init(photo: photos[0], mask: photos[1])), key(.init(photo: photos[1], mask: photos[0])),
        ]
        #expect(Set(keys).count == keys.count)
        #expect(key(.init(photo: .init(name: "other.jpg", contentHash: "11"))) == keys[1])
    }

    @Test func thePicturesNameFitsInAFolderAndTellsTheJob() {
        let job = plan("one", subject: String(repeating: "ä", count: 127))[0]
        #expect(AtomicFile.temporaryName(for: job.outputName).utf8.count <= 255)
        #expect(job.outputName.hasSuffix("-\(job.shortID)-\(job.seed).png"))
        #expect(job.outputName(copy: 2).hasSuffix("-\(job.seed)-2.png"))
    }
}

@Suite struct PromptFileTests {
    @Test(arguments: [
        ("one\ntwo", ["one", "two"]), ("one\r\ntwo\r\n", ["one", "two"]), ("  # no\n\n\t one \n", ["one"]),
        ("\u{FEFF}one", ["one"]), ("one # not a comment", ["one # not a comment"]),
        ("a\tb\u{1B}[31m", ["a b [31m"]),
        ("日本の庭", ["日本の庭"]), ("one\u{2028}two", ["one", "two"]),
    ]) func linesArePictures(text: String, lines: [String]) {
        let contents = PromptFile.parse(Array(text.utf8))
        #expect(contents.lines.map(\.text) == lines)
        #expect(contents.problems.isEmpty)
    }

    @Test(
        arguments: [
            ([], "asks for no picture"), (Array("# only\n\n".utf8), "asks for no picture"),
            ([0xFF, 0xFE, 0x6F, 0x00], "not UTF-8"), (Array("one\0two".utf8), "not UTF-8"),
            (
                Array("ok\n".utf8) + Array(repeating: UInt8(ascii: "x"), count: 2001),
                "Line 2: prompt has 2001 characters"
            ),
        ] as [([UInt8], String)]) func whatCannotBeReadIsTold(bytes: [UInt8], problem: String)
    {
        #expect(PromptFile.parse(bytes).problems.first?.contains(problem) == true)
    }

    @Test func numbersAndCopies() {
        let lines = PromptFile.parse(Array("# x\none\n\none\ntwo".utf8)).lines
        #expect(lines.map(\.number) == [2, 4, 5])
        #expect(lines.map(\.copy) == [0, 1, 0])
    }

    @Test func atMostAThousandPictures() {
        let contents = PromptFile.parse(
            Array((1...1200).map { "picture \($0)" }.joined(separator: "\n").utf8))
        #expect(contents.lines.count == 1000)
        #expect(contents.problems.first?.contains("the last 200 lines") == true)
    }
}

@Suite struct FileRulesTests {
    @Test(arguments: [
        ".hidden.jpg", "._photo.jpg", ".syncthing.photo.jpg.tmp", "~syncthing~photo.jpg", "photo.jpg.part",
        "photo.jpg.filepart", "photo.jpg.crdownload", "photo.jpg~", "prompt.txt~", ".prompt.txt.swp",
        "@eaDir",
        ".stfolder", ".stversions", "Thumbs.db", "prompt.error.txt", "photos.error.txt", "#recycle",
        "beach.prompt.error.txt", "subject.error.txt", "defaults.error.txt", "#prompt.txt#",
    ]) func isIgnored(name: String) {
        #expect(FileRules.isIgnored(name))
        #expect(FileRules.kind(name) == nil)
        #expect(!FileRules.isSubject(name))
    }

    @Test(
        arguments: [
            ("a.jpg", .photo), ("A.JPEG", .photo), ("x.y.png", .photo), ("prompt.txt", .prompt),
            ("a.HEIC", .photo), ("b.webp", .photo), ("a.GIF", .unreadablePhoto(format: "GIF")),
            ("notes.txt", nil), ("jpg", nil), ("film.mp4", nil),
            ("Prompt.TXT.bak", nil), ("beach.prompt.txt", .prompt), (".prompt.txt", nil),
            ("beachprompt.txt", nil), ("subject.yaml", .settings), ("2024/a.jpg", .photo),
            ("mask.png", .mask), ("a.mask.PNG", .mask), ("2024/Mask.png", .mask), ("mask.jpg", .photo),
            (".mask.png", nil), ("amask.png", .photo), ("mask.png.part", nil),
            ("2024/a.gif", .unreadablePhoto(format: "GIF")), ("2024/prompt.txt", nil),
            ("2024/beach.prompt.txt", nil), ("2024/subject.yaml", nil), ("2024/", nil), ("2024/jpg", nil),
            ("a.b/c", nil),
        ] as [(String, FileRules.Kind?)]) func kinds(name: String, kind: FileRules.Kind?)
    {
        #expect(FileRules.kind(name) == kind)
    }

    @Test(arguments: [
        ("prompt.txt", "prompt.error.txt"), ("beach.prompt.txt", "beach.prompt.error.txt"),
        ("subject.yaml", "subject.error.txt"), ("defaults.yaml", "defaults.error.txt"),
    ]) func messagesStandBesideWhatTheyAreAbout(file: String, note: String) {
        #expect(FileRules.note(on: file) == note)
        #expect(FileRules.about(note: note) == file)
        #expect(FileRules.isNote(note) && FileRules.kind(note) == nil)
    }

    @Test(arguments: [
        ("", "toby", true, true), ("", "defaults.yaml", false, true), ("", ".git", true, false),
        ("toby", "a.jpg", false, true), ("toby", "prompt.txt", false, true), ("toby", "2024", true, true),
        ("toby", "output", true, false), ("toby", "keep", true, false), ("toby", "@eaDir", true, false),
        ("toby", "notes.md", false, false), ("toby/2024", "a.jpg", false, true),
        ("toby/2024", "prompt.txt", false, false), ("toby/2024", "output", true, false),
    ]) func eventsThatAreWorthALook(key: String, name: String, isFolder: Bool, matters: Bool) {
        #expect(
            FileRules.matters(name, isFolder: isFolder, key: FolderKey(rawValue: key)) == matters)
    }

    @Test func keysOfFolders() {
        let within = FolderKey(subject: "toby", folder: "2024/may")
        #expect(within.subject == "toby" && within.within == "2024/may")
        #expect(within.path(of: "a.jpg") == "2024/may/a.jpg")
        let own = FolderKey(subject: "toby")
        #expect(own.subject == "toby" && own.within == nil && own.path(of: "a.jpg") == "a.jpg")
        #expect(FolderKey.root.isRoot && !own.isRoot)
    }

    @Test(
        arguments: [
            (0x6969, true), (0xFF53_4D42, true), (0x6573_5546, true), (0x0102_1997, true), (0xEF53, false),
        ] as [(UInt64, Bool)])
    func networkFileSystems(magic: UInt64, isRemote: Bool) {
        #expect((FileSystemKind(magic: magic) != .local) == isRemote)
    }
}

@Suite struct PhotoSelectionTests {
    @Test func eachPictureOnceAndSixteenAtMost() {
        var selection = PhotoSelection()
        selection.offer("a", contentHash: "1")
        selection.offer("b", contentHash: "1")
        for number in 2...20 { selection.offer("c\(number)", contentHash: String(number)) }
        #expect(selection.used.count == 16 && selection.isFull)
        #expect(selection.used.first?.name == "a")
        #expect(selection.leftOut.map(\.file) == ["b", "c17", "c18", "c19", "c20"])
    }
}

@Suite struct StepCourseTests {
    @Test func timeLeftByMeasuredSteps() {
        var course = StepCourse(began: .seconds(10), expected: nil)
        #expect(course.secondsLeft(at: .seconds(10)) == nil)
        // The first step holds what is done once.
        course.advance(StepProgress(step: 1, total: 5), at: .seconds(20))
        #expect(course.percent == 20)
        course.advance(StepProgress(step: 2, total: 5), at: .seconds(22))
        #expect(course.secondsPerStep == 2)
        #expect(course.secondsLeft(at: .seconds(22)) == 6)
        #expect(course.secondsLeft(at: .seconds(23)) == 5)
        #expect(course.secondsLeft(at: .seconds(99)) == 0)
    }

    @Test func earlierJobsOfTheKindServeUntilThereIsAMeasure() throws {
        var times = StepTimes()
        let kind = StepTimes.Kind(modelHash: "m", width: 64, height: 64, mode: "joint", references: 2)
        var first = StepCourse(began: .zero, expected: nil)
        for step in 1...11 { first.advance(StepProgress(step: step, total: 11), at: .seconds(20 + 3 * step)) }
        #expect(first.isThrough && first.secondsLeft(at: .seconds(53)) == 0)
        let measure = try #require(first.measure(at: .seconds(60)))
        times.take(measure, of: kind)
        #expect(times.measured(kind) == .init(secondsPerStep: 3, secondsAfterSteps: 7, steps: 11))
        var second = StepCourse(began: .zero, expected: times.measured(kind))
        second.advance(StepProgress(step: 1, total: 11), at: .seconds(30))
        #expect(second.secondsLeft(at: .seconds(30)) == 37)
        var other = kind
        other.references = 3
        #expect(times.measured(other) == nil)
    }
}

@Suite struct SignalTests {
    @Test func severalRaisesWakeOnce() async {
        let signal = Signal()
        signal.raise()
        signal.raise()
        #expect(await signal.wait())
        async let second = signal.wait()
        signal.end()
        #expect(await !second)
        #expect(await !signal.wait())
    }

    @Test func aMailboxGathers() {
        let mailbox = ChangeMailbox()
        mailbox.post("toby", file: "a.jpg", movedIn: true)
        mailbox.post("toby", file: "b.jpg", movedIn: true)
        mailbox.post("toby", file: "b.jpg", movedIn: false)
        mailbox.postGone("mia")
        let contents = mailbox.take()
        #expect(contents.folders["toby"] == FolderChange(movedIn: ["a.jpg"]))
        #expect(contents.folders["mia"] == FolderChange(isGone: true))
        #expect(mailbox.take().isEmpty)
    }
}
