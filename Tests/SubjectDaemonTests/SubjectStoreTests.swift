import Foundation
import GRDB
import Testing

@testable import SubjectDaemon

/// Subjects in the store: their folders, their new names, and what an older store becomes.
@Suite struct SubjectStoreTests {
    private static let folder = FolderIdentity(device: 1, inode: 2, born: 3)
    private static let photo = KnownPhoto(
        fingerprint: FileFingerprint(size: 1, modified: 2, changed: 3, inode: 4),
        verdict: .usable(width: 5, height: 6), contentHash: "77")

    private func jobs(_ prompts: String..., origin: String = "rex") -> [PlannedJob] {
        JobPlanner.jobs(
            subject: origin, lines: PromptFile.parse(Array(prompts.joined(separator: "\n").utf8)).lines,
            references: [.init(name: "a.jpg", contentHash: "11")])
    }

    private func prompt(_ file: String = "prompt.txt") -> HandledPrompt {
        HandledPrompt(size: 1, modified: 2, contentHash: "x", folder: 2, born: 3, file: file)
    }

    @Test func eachPromptFileIsRememberedForItself() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        for file in ["prompt.txt", "beach.prompt.txt"] {
            _ = try await store.enqueue(
                jobs(file), from: prompt(file), subject: "rex", made: [:], at: .now)
        }
        let prompts = try await store.remembered(of: ["rex"])["rex"]?.prompts ?? []
        #expect(Set(prompts.map(\.file)) == ["prompt.txt", "beach.prompt.txt"])
        try await store.forgetHandledPrompts(of: "rex")
        #expect(
            try await store.remembered(of: ["rex"])["rex"]?.prompts.map(\.modified)
                == [HandledPrompt.forgotten, HandledPrompt.forgotten])
    }

    @Test func aVanishedPromptTakesBackWhatWaitsForIt() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        let beach = prompt("beach.prompt.txt")
        _ = try await store.enqueue(
            jobs("one", "two"), from: prompt(), subject: "rex", made: [:], at: .now)
        // The second file's "two" is the first one's.
        #expect(
            try await store.enqueue(
                jobs("two", "three"), from: beach, subject: "rex", made: [:], at: .now) == 1)
        try await store.withdraw("prompt.txt", of: "rex", at: .now)
        #expect(try await store.counts() == ["rex": [.cancelled: 2, .queued: 1]])
        let prompts = try await store.remembered(of: ["rex"])["rex"]?.prompts ?? []
        #expect(prompts.first { $0.file == "prompt.txt" }?.isWithdrawn == true)
        #expect(
            prompts.first { $0.file == beach.file }.map { !$0.isWithdrawn && !$0.isSame(as: beach) } == true)
        // Turned into jobs once more, it has what it asks for.
        #expect(
            try await store.enqueue(
                jobs("two", "three"), from: beach, subject: "rex", made: [:], at: .now) == 1)
        #expect(try await store.counts() == ["rex": [.cancelled: 1, .queued: 2]])
        let sources = try await store.jobs(in: [.queued], limit: 9).map(\.plan.source)
        #expect(sources == [beach.file, beach.file])
    }

    @Test func aRenameTakesEverythingWithIt() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        try await store.remember(
            Findings(photos: ["rex": ["a.jpg": Self.photo]], folders: ["rex": Self.folder]))
        let two = jobs("one", "two")
        _ = try await store.enqueue(two, from: prompt(), subject: "rex", made: [:], at: .now)
        try await store.finish(two[0].key, output: "/root/rex/output/rex-1.png", at: .now)

        #expect(try await store.names(of: [Self.folder]) == [Self.folder.mark: ["rex"]])
        try await store.rename([.init(from: "rex", to: "max")], root: "/root")
        #expect(try await store.names(of: [Self.folder]) == [Self.folder.mark: ["max"]])
        let remembered = try await store.remembered(of: ["rex", "max"])
        #expect(remembered["rex"] == RememberedSubject())
        #expect(
            remembered["max"]
                == RememberedSubject(
                    prompts: [prompt()], photos: ["a.jpg": Self.photo], folder: Self.folder))
        #expect(try await store.counts() == ["max": [.done: 1, .queued: 1]])
        let done = try await store.jobs(in: [.done], limit: 1)
        #expect(done.first?.output == "/root/max/output/rex-1.png")
        #expect(try await store.next(among: ["max"])?.plan.key == two[1].key)
        #expect(try await store.subject(ofJob: two[1].key) == "max")
        // Keys are made with the first name, so that the same lines are no other jobs.
        #expect(try await store.origin(of: "max") == "rex")
        #expect(
            try await store.enqueue(
                jobs("one", "two", "three"), from: prompt(), subject: "max", made: [:], at: .now) == 1)
    }

    @Test func namesCanBeSwapped() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        let other = FolderIdentity(device: 1, inode: 9, born: 9)
        try await store.remember(
            Findings(
                photos: ["a": ["one.jpg": Self.photo], "b": ["two.jpg": Self.photo]],
                folders: ["a": Self.folder, "b": other]))
        let job = jobs("x", origin: "a")[0]
        _ = try await store.enqueue([job], from: prompt(), subject: "rex", made: [:], at: .now)
        try await store.finish(job.key, output: "/root/a/output/1.png", at: .now)
        try await store.rename([.init(from: "a", to: "b"), .init(from: "b", to: "a")], root: "/root")
        let remembered = try await store.remembered(of: ["a", "b"])
        #expect(remembered["a"]?.folder == other && remembered["b"]?.folder == Self.folder)
        #expect(remembered["a"]?.photos.keys.sorted() == ["two.jpg"])
        #expect(try await store.origin(of: "a") == "b")
        #expect(try await store.jobs(in: [.done], limit: 1).first?.output == "/root/b/output/1.png")
    }

    @Test func aNewSubjectUnderAFormerNameHasKeysOfItsOwn() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        try await store.remember(Findings(folders: ["rex": Self.folder]))
        try await store.rename([.init(from: "rex", to: "max")], root: "/root")
        try await store.remember(Findings(folders: ["rex": FolderIdentity(device: 1, inode: 9, born: 9)]))
        #expect(try await store.origin(of: "rex") == "rex/2")
        #expect(try await store.origin(of: "max") == "rex")
        // Another folder under its old name is the same subject made anew.
        try await store.remember(Findings(folders: ["max": FolderIdentity(device: 1, inode: 8, born: 8)]))
        #expect(try await store.origin(of: "max") == "rex")
        #expect(try await store.origin(of: "unknown") == "unknown")
    }

    @Test(arguments: [1, 300]) func foldersAreFoundAmongMany(wanted: Int) async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        let identities = (0..<300).map { FolderIdentity(device: 1, inode: UInt64($0), born: 5) }
        try await store.remember(
            Findings(
                folders: Dictionary(
                    uniqueKeysWithValues: identities.enumerated().map { ("s\($0)", $1) })))
        // Another device number is another mount of the same disk.
        var asked = Array(identities.prefix(wanted))
        for index in asked.indices { asked[index].device = 2 }
        let names = try await store.names(of: asked)
        #expect(names.count == wanted && names[identities[0].mark] == ["s0"])
    }

    @Test(arguments: [false, true]) func anOlderStoreKeepsWhatItKnows(hasPlaces: Bool) async throws {
        let folder = try TestFolder()
        do {
            let old = try DatabaseQueue(path: folder("jobs.sqlite"))
            try JobSchema.migrator.migrate(old, upTo: "1 jobs, handled prompts, photos")
            try await old.write { db in
                try db.execute(
                    sql: """
                        INSERT INTO handledPrompt (subject, size, modified, contentHash, folder)
                        VALUES ('rex', 1, 2, 'x', 77)
                        """)
                // As one that was made before subjects knew their folders.
                if hasPlaces {
                    try JobSchema.addPlaces(db)
                    try db.execute(
                        sql: "INSERT INTO grdb_migrations (identifier) VALUES (?)",
                        arguments: [JobSchema.placesName])
                }
            }
            try old.close()
        }
        let store = try JobStore(path: folder("jobs.sqlite"))
        let remembered = try await store.remembered(of: ["rex"])["rex"]
        #expect(
            remembered?.prompts == [HandledPrompt(size: 1, modified: 2, contentHash: "x", folder: 77)])
        #expect(remembered?.folder == FolderIdentity(device: 0, inode: 77))
        #expect(try await store.remembersSubjects())
        #expect(
            try await store.enqueue(jobs("one"), from: prompt(), subject: "rex", made: [:], at: .now) == 1)
        #expect(try await store.next(among: ["rex"])?.plan.source == "prompt.txt")
        // What it did not know does not make the prompt another.
        let now = HandledPrompt(size: 1, modified: 2, contentHash: "x", folder: 77, born: 5)
        #expect(remembered?.prompts.first?.isSame(as: now) == true)
    }
}
