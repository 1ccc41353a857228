import ControlAPI
import Foundation
import Testing

@testable import SubjectDaemon

@Suite struct JobStoreTests {
    private static let prompt = HandledPrompt(size: 3, modified: 5, contentHash: "x", folder: 1)

    private func jobs(_ prompts: String...) -> [PlannedJob] {
        JobPlanner.jobs(
            subject: "toby", lines: PromptFile.parse(Array(prompts.joined(separator: "\n").utf8)).lines,
            references: [.init(name: "a.jpg", contentHash: "11")]
        ).map { plan in
            var plan = plan
            plan.source = FileRules.promptName
            return plan
        }
    }

    private func enqueue(
        _ jobs: [PlannedJob], in store: JobStore, folder: UInt64 = 1, made: [String: String] = [:]
    )
        async throws -> Int
    {
        var prompt = Self.prompt
        prompt.folder = folder
        return try await store.enqueue(jobs, from: prompt, subject: "toby", made: made, at: .now)
    }

    @Test func aKnownJobIsNotMadeAgain() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        #expect(try await enqueue(jobs("one", "two"), in: store) == 2)
        #expect(try await enqueue(jobs("one", "two"), in: store) == 0)
        #expect(try await enqueue(jobs("one", "two", "three"), in: store) == 1)
        let waiting = try await store.jobs(in: [.queued], limit: 10)
        #expect(waiting.map(\.plan.prompt) == ["one", "two", "three"])
        #expect(waiting[0].plan == jobs("one")[0])
    }

    @Test func everythingIsThereAfterItWasOpenedAgain() async throws {
        let folder = try TestFolder()
        do {
            let store = try JobStore(path: folder("jobs.sqlite"))
            _ = try await enqueue(jobs("one"), in: store)
            #expect(try await store.begin(jobs("one")[0].key, at: .now))
            store.close()
        }
        let store = try JobStore(path: folder("jobs.sqlite"))
        let running = try await store.jobs(in: [.running], limit: 10)
        #expect(running.map(\.attempts) == [1])
        let remembered = try await store.remembered(of: ["toby", "mia"])
        #expect(
            remembered == ["toby": RememberedSubject(prompts: [Self.prompt]), "mia": RememberedSubject()])
    }

    /// With the names under which it lies now, though its content is what the job is known by.
    @Test func whatAPictureStartsFromIsKeptWithItsJob() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        var job = jobs("one")[0]
        job.start = StartPhotos(
            photo: .init(name: "a.jpg", contentHash: "11"), mask: .init(name: "mask.png", contentHash: "22"))
        _ = try await enqueue([job], in: store)
        #expect(try await store.jobs(in: [.queued], limit: 10).map(\.plan) == [job])
        #expect(try await store.begin(job.key, at: .now))
        try await store.end(job.key, as: .failed, reason: "because", at: .now)
        job.start?.photo.name = "renamed.jpg"
        #expect(try await enqueue([job], in: store) == 1)
        #expect(try await store.jobs(in: [.queued], limit: 10).map(\.plan) == [job])
        #expect(try await store.database.read { try StoreExamination.fault(inRows: $0) } == nil)
        for damage in ["'{}'", "NULL", "'x'"] {
            try await store.database.write { db in
                try db.execute(sql: "UPDATE job SET startPhotos = \(damage)")
            }
            #expect(try await store.database.read { try StoreExamination.fault(inRows: $0) } != nil)
        }
    }

    @Test func aFailedJobGetsAnotherTryAndADoneOneDoesNot() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        let two = jobs("one", "two")
        _ = try await enqueue(two, in: store)
        #expect(try await store.begin(two[0].key, at: .now))
        try await store.end(two[0].key, as: .failed, reason: "because", at: .now)
        try await store.finish(two[1].key, output: "/somewhere", at: .now)
        #expect(try await enqueue(two, in: store) == 1)
        #expect(try await store.jobs(in: [.queued], limit: 10).map(\.plan.prompt) == ["one"])
        // In another folder of the name the done one's picture is missing, unless it is found there.
        try await store.finish(two[0].key, output: "/elsewhere", at: .now)
        #expect(try await enqueue(two, in: store, folder: 2, made: [two[0].shortID: "/elsewhere"]) == 1)
        #expect(try await store.jobs(in: [.queued], limit: 10).map(\.plan.prompt) == ["two"])
    }

    @Test func turnsOfThoseThatAreThere() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        let two = jobs("one", "two")
        _ = try await enqueue(two, in: store)
        #expect(try await store.next(among: ["mia"]) == nil)
        #expect(try await store.next(among: ["toby"])?.plan == two[0])
        #expect(try await store.begin(two[0].key, at: .now))
        #expect(try await !store.begin(two[0].key, at: .now))
        #expect(try await store.next(among: ["toby"])?.plan == two[1])
        try await store.putBack(two[0].key, countAttempt: false)
        let next = try await store.next(among: ["toby"])
        #expect(next?.plan == two[0] && next?.attempts == 0)
        #expect(try await store.counts() == ["toby": [.queued: 2]])
    }

    @Test(arguments: [1, 200]) func whatIsKnownOfPhotosComesBack(subjects: Int) async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        let fingerprint = FileFingerprint(size: 1, modified: -2, changed: 3, inode: .max)
        let photos = [
            "a": KnownPhoto(
                fingerprint: fingerprint, verdict: .usable(width: 4, height: 5), contentHash: "66"),
            "b": KnownPhoto(fingerprint: fingerprint, verdict: .rejected("because"), contentHash: nil),
        ]
        try await store.remember(Findings(photos: ["toby": photos, "other": photos]))
        let names = ["toby"] + (1..<subjects).map { "s\($0)" }
        let remembered = try await store.remembered(of: names)
        #expect(remembered.count == subjects && remembered["toby"]?.photos == photos)
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let folder = try TestFolder()
        try folder.write("jobs.sqlite", String(repeating: "no database at all. ", count: 200))
        #expect(throws: (any Error).self) { try JobStore(path: folder("jobs.sqlite")) }
    }
}

@Suite struct CachedReferenceTests {
    private static let key = ReferenceKey(contentHash: "11", modelHash: "22", width: 64, height: 48)
    private static let reference = EncodedReference(
        shape: [2, 3], latent: [0, -1.5, .pi, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 7],
        contentHash: "11")

    @Test func comesBackBitForBit() throws {
        let bytes = try CachedReference.encode(Self.reference, key: Self.key)
        #expect(CachedReference.decode(bytes, key: Self.key) == Self.reference)
    }

    @Test func anyDamageIsSeen() throws {
        let bytes = try CachedReference.encode(Self.reference, key: Self.key)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            #expect(CachedReference.decode(damaged, key: Self.key) == nil)
            #expect(CachedReference.decode(Array(bytes[..<index]), key: Self.key) == nil)
        }
    }

    @Test func anotherKeysFileIsNotTaken() throws {
        let bytes = try CachedReference.encode(Self.reference, key: Self.key)
        var other = Self.key
        other.modelHash = "23"
        #expect(CachedReference.decode(bytes, key: other) == nil)
    }

    @Test func theCacheKnowsWhatItHas() throws {
        let folder = try TestFolder()
        let cache = try ReferenceCache(folder: folder("cache"), logger: SilentLogger.make())
        func contains(_ cache: ReferenceCache, model: String = Self.key.modelHash) -> Bool {
            cache.contains(contentHash: Self.key.contentHash, modelHash: model)
        }
        #expect(!contains(cache) && cache.load(Self.key) == nil)
        cache.store(Self.reference, for: Self.key)
        #expect(contains(cache) && cache.load(Self.key) == Self.reference)
        #expect(!contains(cache, model: "another"))
        // The same weights computed otherwise.
        let long = String(repeating: "0123", count: 16)
        var coarse = Self.key
        coarse.modelHash = long + "-bf16"
        cache.store(Self.reference, for: coarse)
        #expect(contains(cache, model: coarse.modelHash) && !contains(cache, model: long))
        #expect(!contains(cache, model: long + "-int8") && cache.load(coarse) == Self.reference)
        #expect(cache.remove(cache.names.filter { $0.contains("bf16") }) == 1)
        try folder.write("cache/.jedi-x.part", "half")
        let again = try ReferenceCache(folder: folder("cache"), logger: SilentLogger.make())
        #expect(contains(again))
        // One of two sizes goes, then the other.
        var other = Self.key
        other.width *= 2
        again.store(Self.reference, for: other)
        #expect(again.names.count == 2 && again.remove([again.names[0]]) == 1 && contains(again))
        #expect(again.remove(again.names) == 1 && again.names.isEmpty && !contains(again))
        #expect(!folder.exists("cache/.jedi-x.part"))
    }
}

@Suite struct FilesTests {
    @Test func aFileIsNeverReplacedUnawares() throws {
        let folder = try TestFolder()
        #expect(try AtomicFile.create(folder("a"), with: [1]))
        #expect(try !AtomicFile.create(folder("a"), with: [2]))
        #expect(try folder.bytes("a") == [1])
        try AtomicFile.replace(folder("a"), with: [3])
        #expect(try folder.bytes("a") == [3])
        #expect(folder.names("") == ["a"])
    }

    @Test func pipesAndLinksAreNotRead() throws {
        let folder = try TestFolder()
        #expect(mkfifo(folder("pipe.jpg"), 0o600) == 0)
        try folder.write("a", "x")
        try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "a")
        #expect(throws: SystemCallError.self) { try FileBytes.sha256(folder("pipe.jpg")) }
        #expect(throws: SystemCallError.self) { try FileBytes.read(folder("link"), limit: 10) }
        #expect(try FileBytes.read(folder("a"), limit: 1) == [0x78])
        #expect(try FileBytes.read(folder("a"), limit: 0) == nil)
        #expect(
            try FileBytes.sha256(folder("a"))
                == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
    }

    @Test func aPictureIsFoundByItsJobsName() throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/toby/output")
        let job = JobPlanner.jobs(
            subject: "toby", lines: PromptFile.parse(Array("x".utf8)).lines, references: [])[0]
        let output = OutputFolder(root: folder("root"), subject: "toby")
        #expect(output.picture(of: job, among: output.names()) == nil)
        try folder.write("root/toby/output/\(job.outputName)", "cut")
        #expect(output.picture(of: job, among: output.names()) == nil)
        let path = try output.write(FinishedPicture(png: TestPNG.bytes), of: job)
        #expect(path.hasSuffix("-2.png"))
        #expect(output.picture(of: job, among: output.names()) == path)
    }

    @Test func anErrorTellsThatTheSubjectsFolderWentThoughItBeBack() throws {
        let folder = try TestFolder()
        let output = OutputFolder(root: folder("root"), subject: "toby")
        let job = JobPlanner.jobs(
            subject: "toby", lines: PromptFile.parse(Array("x".utf8)).lines, references: [])[0]
        let error = #expect(throws: SystemCallError.self) {
            try output.write(FinishedPicture(png: TestPNG.bytes), of: job)
        }
        let preparing = #expect(throws: OutputFolderError.self) { try output.prepare() }
        try folder.makeFolder("root/toby")
        #expect(!output.isLost)
        #expect(output.lacks(try #require(error)))
        #expect(output.lacks(try #require(preparing)))
        // What lacks elsewhere, or for another reason, is another matter.
        #expect(!output.lacks(SystemCallError("open", folder("state/cache"), ENOENT)))
        #expect(!output.lacks(SystemCallError("create", output.path + "/a.png", EACCES)))
    }

    @Test func anOutputThatIsNoFolderIsAnError() throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/toby")
        try folder.makeFolder("elsewhere")
        try FileManager.default.createSymbolicLink(
            atPath: folder("root/toby/output"), withDestinationPath: folder("elsewhere"))
        let job = JobPlanner.jobs(
            subject: "toby", lines: PromptFile.parse(Array("x".utf8)).lines, references: [])[0]
        #expect(throws: SystemCallError.self) {
            try OutputFolder(root: folder("root"), subject: "toby").write(
                FinishedPicture(png: TestPNG.bytes), of: job)
        }
        #expect(folder.names("elsewhere").isEmpty)
    }

    @Test(arguments: [("/a//b/./c/", "/a/b/c"), ("/", "/"), ("/a/../b", "/a/../b")])
    func absolutePaths(path: String, whole: String) {
        #expect(AbsolutePath.of(path) == whole)
    }

    @Test func aLineOfTheLogStaysALine() {
        #expect(PlainLogHandler.oneLine("a\nb\u{1B}[2Jc") == "a b [2Jc")
    }
}
