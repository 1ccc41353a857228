import ControlAPI
import Testing

@testable import SubjectDaemon

/// Lines with options, turned into jobs.
@Suite struct JobPlanTests {
    private let photos = [
        PictureRequest.Reference(name: "a.jpg", contentHash: "11"),
        PictureRequest.Reference(name: "b.jpg", contentHash: "22"),
    ]

    private func plan(_ text: String, defaults: PromptOptions = PromptOptions()) -> (
        jobs: [PlannedJob], problems: [String], waiting: [Int]
    ) {
        let lines = PromptFile.parse(Array(text.utf8), defaults: defaults).lines
        let names = photos.map(\.name)
        return JobPlanner.plan(subject: "toby", source: "prompt.txt", lines: lines) { wish in
            guard let patterns = wish.photos else { return PhotoChoice(references: photos) }
            let (found, missing) = PhotoPatterns.find(patterns, among: names)
            guard missing.isEmpty else {
                return PhotoChoice(problem: PhotoPatterns.problem(missing: missing, among: names))
            }
            return PhotoChoice(references: photos.filter { found.contains($0.name) })
        }
    }

    /// From version 0.1.0: a plain prompt that is saved again after an update makes no second job.
    @Test func theKeysOfPlainPromptsAreThoseOfOld() {
        #expect(
            plan("a photo of the dog on a beach\na photo of the dog on a beach").jobs.map(\.key) == [
                "e61fdfff54826c6f630008a4c4eaf377837cdae88772c1ad924e8540df41fc14",
                "8ede616acf2abbab86f2f99a57ba6674736a6f925b1ce9b181d50da238b7bba6",
            ])
    }

    @Test func severalPicturesOfALineAreAsGoodAsSeveralLines() {
        let several = plan("one --count 3").jobs
        #expect(several.map(\.key) == plan("one\none\none").jobs.map(\.key))
        #expect(Set(several.map(\.seed)).count == 3)
        // One more makes one more.
        #expect(plan("one --count 4").jobs.map(\.key).prefix(3) == several.map(\.key)[...])
    }

    @Test func aGivenSeedIsTheFirstPictures() {
        #expect(plan("one --seed 5 --count 3").jobs.map(\.seed) == [5, 6, 7])
        #expect(plan("one --seed 4294967295 --count 2").jobs.map(\.seed) == [.max, 0])
        let keys = plan("one --seed 5\none --seed 6\none").jobs.map(\.key)
        #expect(Set(keys).count == 3)
        // The same words, options and seed are the same picture.
        #expect(plan("one --seed 5\none --seed 5\none --seed 4 --count 2").jobs.map(\.seed) == [5, 4])
    }

    @Test func photosArePartOfTheJobByContentAlone() {
        let jobs = plan("one --photos b.jpg\none --photos b*\none --photos B.JPG").jobs
        // Three ways to say one thing.
        #expect(jobs.map(\.references) == [[photos[1]]])
        #expect(plan("one --photos *.jpg").jobs.map(\.key) == plan("one").jobs.map(\.key))
    }

    @Test func aMissingPhotoIsToldAndItsLineWaits() {
        let (jobs, problems, waiting) = plan("one --photos c.jpg a.jpg\n\ntwo")
        #expect(waiting == [1])
        #expect(jobs.map(\.prompt) == ["two"])
        #expect(
            problems == [
                "Line 1: no photo that can be used here is called \"c.jpg\"; there are a.jpg, b.jpg. Its picture is made once that is mended."
            ])
    }

    @Test func sourceAndPriorityTravelWithTheJobAndAreNotPartOfIt() {
        let job = plan("one --priority 7").jobs[0]
        #expect(job.source == "prompt.txt" && job.priority == 7)
        #expect(job.key == plan("one").jobs[0].key)
        #expect(plan("one", defaults: PromptOptions(priority: 3)).jobs[0].priority == 3)
    }

    @Test func defaultsArePartOfThePicture() {
        let defaults = PromptOptions(picture: .init(steps: 9))
        #expect(plan("one", defaults: defaults).jobs[0].key == plan("one --steps 9").jobs[0].key)
        #expect(plan("one", defaults: defaults).jobs[0].key != plan("one").jobs[0].key)
    }
}

@Suite struct PhotoPatternTests {
    @Test(
        arguments: [
            ("a.jpg", "a.jpg", true), ("*", "a.jpg", true), ("*.jpg", "a.jpg", true), ("a*", "a.jpg", true),
            ("a*g", "a.jpg", true), ("?.jpg", "a.jpg", true), ("*.png", "a.jpg", false),
            ("a", "a.jpg", false),
            ("**a**", "bab", true), ("a*b*c", "a1b2b3c", true), ("a*b*c", "a1b2b3", false), ("", "a", false),
            ("[1].jpg", "[1].jpg", true), ("[1].jpg", "1.jpg", false), ("*.jpg", "2024/a.jpg", false),
            ("2024/*", "2024/a.jpg", true), ("?a", "/a", false), ("*", "", true),
        ] as [(String, String, Bool)])
    func patterns(pattern: String, name: String, fits: Bool) {
        #expect(GlobPattern(pattern).matches(name) == fits)
    }

    @Test func manyStarsTakeNoLongerThanTheyMust() {
        let pattern = String(repeating: "*a", count: 120) + "b"
        #expect(!GlobPattern(pattern).matches(String(repeating: "a", count: 255)))
    }

    @Test func orderAndLettersOfNames() {
        let names = ["A.jpg", "a.jpg", "b*.jpg", "b1.jpg"]
        #expect(
            PhotoPatterns.find(["b*.jpg", "a.jpg", "*a.jpg"], among: names).found == ["b*.jpg", "a.jpg"])
        #expect(
            PhotoPatterns.find(["B1.JPG", "x", "?.jpg"], among: names).found == ["b1.jpg", "A.jpg", "a.jpg"])
        #expect(PhotoPatterns.find(["x", "y?"], among: names).missing == ["x", "y?"])
    }
}

@Suite struct SubjectSettingsTests {
    @Test func whatASubjectCanSay() {
        let settings = SubjectSettings.parse(
            Array(
                """
                class: corgi
                retention:
                  count: 200
                  bytes: 5 GB
                  age: 90 days
                steps: 30
                defaults:
                  sampler: DPM++ 2M
                """.utf8))
        #expect(
            settings
                == SubjectSettings(
                    classNoun: "corgi",
                    defaults: PromptOptions(picture: .init(steps: 30, sampler: "dpmpp_2m")),
                    retention: RetentionRule(count: 200, bytes: 5_000_000_000, age: 90 * 86_400)))
        #expect(SubjectSettings.parse([]) == SubjectSettings())
        #expect(SubjectSettings.parse(Array("# nothing\n".utf8)) == SubjectSettings())
        #expect(SubjectSettings.parse(Array("retention: off".utf8)).retention == RetentionRule())
    }

    @Test(
        arguments: [
            ("clas: dog", "Line 1: \"clas\" is no setting; did you mean class?"),
            ("class: [a]", "must be what the subject is"),
            ("class:", "must be what the subject is"), ("\nsteps: 0", "Line 2: steps is 0"),
            ("steps: 3\ndefaults:\n  steps: 4", "Line 3: steps stands more than once"),
            ("retention: 5", "it must be off, or some of count, bytes and age"),
            ("retention:\n  count: 0", "Line 2: retention.count is \"0\"; it must be"),
            ("retention:\n  age: 5", "Line 2: retention.age is \"5\"; it must be a time"),
            ("retention:\n  bytes: 5 parsecs", "an amount of at least 1 MiB"),
            ("retention:\n  amount: 5", "is no setting"), ("prompt: x", "prompt cannot stand here"),
            ("- a", "name: value"),
            ("class: {class}", "class is a table"),
        ] as [(String, String)])
    func withAMistakeNothingOfItHolds(text: String, problem: String) {
        let settings = SubjectSettings.parse(Array(text.utf8))
        #expect(settings.problems.first?.contains(problem) == true, "\(settings.problems)")
        #expect(
            settings.classNoun == nil && settings.defaults == PromptOptions() && settings.retention == nil)
    }
}
