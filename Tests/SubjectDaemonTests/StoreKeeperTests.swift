import DaemonTestSupport
import Foundation
import GRDB
import Testing

@testable import SubjectDaemon

/// A damaged queue is kept, what can be read of it goes on, and nothing that was made is made again.
@Suite struct StoreKeeperTests {
    private static func job(_ number: Int, source: String? = FileRules.promptName, prompt: String? = nil)
        -> PlannedJob
    {
        PlannedJob(
            key: String(format: "%06x", number) + "00000000", subject: "toby",
            prompt: prompt ?? "picture \(number)", options: .init(), seed: 1, references: [], source: source)
    }

    /// A store with jobs in it, closed.
    private func folder(_ jobs: [PlannedJob]) async throws -> TestFolder {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        _ = try await store.add(jobs, at: .now)
        store.close()
        return folder
    }

    private func open(_ folder: TestFolder) throws -> JobStore {
        try StoreKeeper(path: folder("jobs.sqlite"), logger: SilentLogger.make()).open()
    }

    private func waiting(_ store: JobStore) async throws -> [String] {
        try await store.jobs(in: [.queued], limit: .max).map(\.plan.prompt)
    }

    /// Changes the closed store behind the daemon's back.
    private func change(_ folder: TestFolder, _ sql: String) async throws {
        let database = try DatabaseQueue(path: folder("jobs.sqlite"))
        try await database.write { db in try db.execute(sql: sql) }
        try database.close()
    }

    @Test func aSoundStoreStays() async throws {
        let folder = try await folder([Self.job(1)])
        let store = try open(folder)
        #expect(try await waiting(store) == ["picture 1"])
        store.close()
        #expect(!folder.exists("jobs.sqlite.damaged"))
        // All of it is in the one file.
        #expect(try !folder.exists("jobs.sqlite-wal") || folder.bytes("jobs.sqlite-wal").isEmpty)
    }

    @Test func bytesThatAreNoStoreAreKept() async throws {
        let folder = try TestFolder()
        let bytes = Array("no database, and long enough not to be taken for an empty one".utf8)
        for name in ["jobs.sqlite.damaged", "jobs.sqlite.damaged-2"] {
            try folder.write("jobs.sqlite", bytes)
            let store = try open(folder)
            #expect(try await waiting(store).isEmpty)
            store.close()
            #expect(try folder.bytes(name) == bytes)
        }
    }

    /// A cut file, and a page of noise in each place: what lies on the other pages goes on.
    @Test(arguments: [-1, 0, 1, 2, 5, 9, 20])
    func whatCanBeReadGoesOn(page: Int) async throws {
        let folder = try await folder(
            (0..<400).map { Self.job($0, prompt: "picture \($0) " + String(repeating: "x", count: 200)) })
        var bytes = try folder.bytes("jobs.sqlite")
        #expect(bytes.count > 30 * 4096)
        if page < 0 {
            bytes.removeLast(bytes.count / 3)
        } else {
            bytes.replaceSubrange(
                page * 4096..<(page + 1) * 4096, with: (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7) })
        }
        try folder.write("jobs.sqlite", bytes)
        let store = try open(folder)
        let left = try await waiting(store)
        store.close()
        #expect(try folder.bytes("jobs.sqlite.damaged") == bytes)
        #expect(Set(left).count == left.count)
        #expect(left.allSatisfy { $0.hasSuffix(String(repeating: "x", count: 200)) })
        // Without the first page, or the one that tells where the tables' pages are, there is nothing to be read.
        if page >= 9 { #expect(left.count > 100) }
    }

    @Test(arguments: [
        "subject = x'07'", "attempts = 'many'", "position = x'00'", "createdAt = 1e300", "state = 'dnoe'",
        "options = '{'", "referencePhotos = '[7]'", "prompt = 'another picture'", "seed = 2",
    ])
    func aRowThatMakesNoSenseIsDamage(change: String) async throws {
        let folder = try await folder([Self.job(1), Self.job(2), Self.job(3)])
        try await self.change(folder, "UPDATE job SET \(change) WHERE prompt = 'picture 2'")
        let store = try open(folder)
        #expect(try await waiting(store) == ["picture 1", "picture 3"])
        store.close()
        #expect(folder.exists("jobs.sqlite.damaged"))
    }

    @Test func anIndexThatContradictsItsTableIsDamage() async throws {
        let folder = try await folder([Self.job(1), Self.job(2)])
        try await change(
            folder,
            """
            PRAGMA writable_schema = 1; UPDATE sqlite_master SET sql = replace(sql, 'position', 'createdAt')
            WHERE name = 'jobByTurn'
            """)
        let store = try open(folder)
        let left = try await waiting(store)
        #expect(left.sorted() == ["picture 1", "picture 2"])
        store.close()
        #expect(folder.exists("jobs.sqlite.damaged"))
    }

    @Test func aTableThatIsGoneIsDamage() async throws {
        let folder = try await folder([Self.job(1)])
        try await change(folder, "DROP TABLE photo")
        let store = try open(folder)
        #expect(try await waiting(store) == ["picture 1"])
        store.close()
    }

    @Test func statesAndSettingsGoOver() async throws {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        _ = try await store.add([Self.job(1), Self.job(2, source: nil), Self.job(3), Self.job(4)], at: .now)
        _ = try await store.cancel([Self.job(1).key], reason: "not that", at: .now)
        try await store.finish(Self.job(3).key, output: "/there/three.png", at: .now)
        try await store.set(JobQueue.pausedSetting, to: true)
        store.close()
        try await change(folder, "UPDATE job SET state = 'x' WHERE prompt = 'picture 4'")
        let next = try open(folder)
        #expect(try await waiting(next) == ["picture 2"])
        let cancelled = try await next.jobs(in: [.cancelled], limit: 9)
        #expect(cancelled.map(\.reason) == ["not that"])
        #expect(try await next.jobs(in: [.done], limit: 9).map(\.output) == ["/there/three.png"])
        #expect(try await next.setting(JobQueue.pausedSetting, as: Bool.self) == true)
        next.close()
    }

    @Test func whatIsNoDamageIsAnError() throws {
        let folder = try TestFolder()
        try folder.makeFolder("jobs.sqlite")
        #expect(throws: DatabaseError.self) { try open(folder) }
        #expect(folder.exists("jobs.sqlite") && !folder.exists("jobs.sqlite.damaged"))
    }

    /// A crash after the new store was complete.
    @Test func anExchangeThatWasBegunIsFinished() async throws {
        let folder = try await killed()
        let next = try await self.folder([Self.job(7)])
        try folder.write("jobs.sqlite.new", try next.bytes("jobs.sqlite"))
        let store = try open(folder)
        #expect(try await waiting(store) == ["picture 7"])
        store.close()
        #expect(folder.names("").filter { $0.hasSuffix(".new") || $0.contains("damaged") }.isEmpty)
    }

    /// A crash before that.
    @Test func aDraftIsNotUsed() async throws {
        let folder = try await folder([Self.job(1), Self.job(2)])
        try folder.write("jobs.sqlite.draft", "half of it")
        try await change(folder, "UPDATE job SET state = 'x' WHERE prompt = 'picture 1'")
        let store = try open(folder)
        #expect(try await waiting(store) == ["picture 2"])
        store.close()
        #expect(folder.exists("jobs.sqlite.damaged"))
        #expect(!folder.names("").contains { $0.contains(".draft") || $0.contains(".new") })
    }

    // MARK: The log beside the store

    /// A store with one job in its file and two more in its log, as a kill leaves it.
    private func killed() async throws -> TestFolder {
        let first = try await folder([Self.job(1)])
        let store = try JobStore(path: first("jobs.sqlite"))
        for number in 2...3 { _ = try await store.add([Self.job(number)], at: .now) }
        let folder = try TestFolder()
        for ending in ["", "-wal"] {
            try folder.write("jobs.sqlite" + ending, try first.bytes("jobs.sqlite" + ending))
        }
        store.close()
        return folder
    }

    @Test func aSoundLogIsRead() async throws {
        let folder = try await killed()
        #expect(try !WriteAheadLog.isDamaged(folder.bytes("jobs.sqlite-wal")))
        let store = try open(folder)
        #expect(try await waiting(store) == ["picture 1", "picture 2", "picture 3"])
        store.close()
        #expect(!folder.exists("jobs.sqlite.damaged"))
    }

    /// A write that a power cut ended in the middle is no damage: it was never told to be there.
    @Test(arguments: [1, 100, 4119, 4121])
    func aTornLogIsRead(cut: Int) async throws {
        let folder = try await killed()
        let bytes = try folder.bytes("jobs.sqlite-wal")
        try folder.write("jobs.sqlite-wal", Array(bytes.dropLast(cut)))
        let store = try open(folder)
        #expect(try await waiting(store) == ["picture 1", "picture 2"])
        store.close()
        #expect(!folder.exists("jobs.sqlite.damaged"))
    }

    /// SQLite would go on without a word, and without what was ordered last.
    @Test(arguments: [0, 9, 17, 25, 40, 60, 2000])
    func aDamagedLogIsKept(place: Int) async throws {
        let folder = try await killed()
        var bytes = try folder.bytes("jobs.sqlite-wal")
        bytes[place] ^= 0x10
        try folder.write("jobs.sqlite-wal", bytes)
        let store = try open(folder)
        #expect(try await waiting(store) == ["picture 1"])
        store.close()
        #expect(try folder.bytes("jobs.sqlite.damaged-wal") == bytes)
    }

    @Test(arguments: [0, 10, 31, 32, 55, 5000])
    func noLogIsNoDamage(length: Int) {
        #expect(!WriteAheadLog.isDamaged([UInt8](repeating: 0, count: length)))
    }

    // MARK: In a daemon

    @Test func picturesAreNotMadeAgain() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one\ntwo")
        try await daemon.start()
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(try await daemon.isIdle())
        try await daemon.stop()
        try daemon.folder.write(
            "state/jobs.sqlite", "not what it was, and more than a header's length of it")
        let next = try DaemonHarness(folder: daemon.folder)
        try next.prompt("toby", "one\ntwo\nthree")
        try await next.start()
        #expect(await next.hasPictures(3, "toby"))
        #expect(try await next.isIdle())
        #expect(next.engine.record.generated.map(\.prompt) == ["three"])
        #expect(daemon.folder.exists("state/jobs.sqlite.damaged"))
        try await next.stop()
    }

    /// A queue that went back to an earlier time does not know that its picture is there.
    @Test func aPictureThatWasForgottenIsAdopted() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one")
        try await daemon.start()
        #expect(await daemon.hasPictures(1, "toby"))
        #expect(try await daemon.isIdle())
        try await daemon.stop()
        let database = try DatabaseQueue(path: daemon.folder("state/jobs.sqlite"))
        try await database.write { db in
            try db.execute(sql: "UPDATE job SET state = 'queued', output = NULL, finishedAt = NULL")
        }
        try database.close()
        let next = try DaemonHarness(folder: daemon.folder)
        try await next.start()
        #expect(try await eventually { try await next.subject("toby")?.jobsDone == 1 })
        #expect(try await next.isIdle())
        #expect(next.engine.record.generated.isEmpty)
        #expect(next.pictures("toby").count == 1)
        try await next.stop()
    }
}
