import DaemonTestSupport
import Foundation
import GRDB
import Testing

@testable import SubjectDaemon

/// A damaged queue is kept and begun anew, and nothing that was made is made again.
@Suite struct StoreKeeperTests {
    /// A store with a job in it, closed.
    private func folder() async throws -> TestFolder {
        let folder = try TestFolder()
        let store = try JobStore(path: folder("jobs.sqlite"))
        let job = PlannedJob(
            key: "abc", subject: "toby", prompt: "one", options: .init(), seed: 1, references: [])
        _ = try await store.enqueue(
            [job], from: HandledPrompt(size: 1, modified: 2, contentHash: "x", folder: 3), subject: "toby",
            made: [:], at: .now)
        store.close()
        return folder
    }

    private func open(_ folder: TestFolder) throws -> JobStore {
        try StoreKeeper(path: folder("jobs.sqlite"), logger: SilentLogger.make()).open()
    }

    @Test func aSoundStoreStays() async throws {
        let folder = try await folder()
        let store = try open(folder)
        #expect(try await store.jobs(in: [.queued], limit: 9).map(\.plan.key) == ["abc"])
        store.close()
        #expect(!folder.exists("jobs.sqlite.damaged"))
    }

    /// Bytes that are no database, a cut file, a page of noise.
    @Test(arguments: [0, 1, 2])
    func aDamagedStoreIsKeptAndANewOneBegun(kind: Int) async throws {
        let folder = try await folder()
        var bytes = try folder.bytes("jobs.sqlite")
        switch kind {
        case 0: bytes = Array("no database, and long enough not to be taken for an empty one".utf8) + bytes
        case 1: bytes = Array(bytes.prefix(bytes.count / 2))
        default:
            bytes.replaceSubrange(4096..<8192, with: (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7) })
        }
        try folder.write("jobs.sqlite", bytes)
        let store = try open(folder)
        #expect(try await store.jobs(in: [.queued, .done], limit: 9).isEmpty)
        store.close()
        #expect(try folder.bytes("jobs.sqlite.damaged") == bytes)
        // The next one goes beside it.
        try folder.write("jobs.sqlite", bytes)
        try open(folder).close()
        #expect(try folder.bytes("jobs.sqlite.damaged-2") == bytes)
    }

    @Test(arguments: ["subject = 7", "attempts = 'many'", "position = x'00'", "createdAt = 1e300"])
    func aValueThatMakesNoSenseIsDamage(change: String) async throws {
        let folder = try await folder()
        let database = try DatabaseQueue(path: folder("jobs.sqlite"))
        // A text column would turn a number into text.
        let change = change == "subject = 7" ? "subject = x'07'" : change
        try await database.write { db in try db.execute(sql: "UPDATE job SET \(change)") }
        try database.close()
        try open(folder).close()
        #expect(folder.exists("jobs.sqlite.damaged"))
    }

    @Test func whatIsNoDamageIsAnError() throws {
        let folder = try TestFolder()
        try folder.makeFolder("jobs.sqlite")
        #expect(throws: DatabaseError.self) { try open(folder) }
        #expect(folder.exists("jobs.sqlite") && !folder.exists("jobs.sqlite.damaged"))
    }

    @Test func picturesAreNotMadeAgain() async throws {
        let daemon = try DaemonHarness()
        try daemon.addSubject("toby", photos: [1])
        try daemon.prompt("toby", "one\ntwo")
        try await daemon.start()
        #expect(await daemon.hasPictures(2, "toby"))
        #expect(try await daemon.isIdle())
        try await daemon.stop()
        try daemon.folder.write("state/jobs.sqlite", "not what it was, and more than a header's length of it")
        let next = try DaemonHarness(folder: daemon.folder)
        try next.prompt("toby", "one\ntwo\nthree")
        try await next.start()
        #expect(await next.hasPictures(3, "toby"))
        #expect(try await next.isIdle())
        #expect(next.engine.record.generated.map(\.prompt) == ["three"])
        #expect(daemon.folder.exists("state/jobs.sqlite.damaged"))
        try await next.stop()
    }
}
