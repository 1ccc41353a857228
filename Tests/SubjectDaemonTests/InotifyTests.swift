import Foundation
import Synchronization
import Testing

@testable import SubjectDaemon

/// The real kernel through the real library.
@Suite struct InotifyTests {
    private func change(_ mailbox: ChangeMailbox, _ key: String) async -> FolderChange? {
        var found: FolderChange?
        for _ in 0..<6000 where found == nil {
            found = mailbox.take().folders[key]
            if found == nil { try? await Task.sleep(for: .milliseconds(10)) }
        }
        return found
    }

    @Test func writingRenamingAndDeleting() async throws {
        let folder = try TestFolder()
        let mailbox = ChangeMailbox()
        let watcher = InotifyWatcher(mailbox: mailbox)
        try folder.makeFolder("toby")
        try await watcher.watch(folder("toby"), as: "toby")
        try folder.write("toby/a.png", "x")
        #expect(await change(mailbox, "toby") != nil)
        try folder.write("b.png", "x")
        try folder.move("b.png", to: "toby/b.png")
        #expect(
            await eventually { mailbox.take().folders["toby"]?.movedIn == ["b.png"] })
        try folder.remove("toby/b.png")
        #expect(await change(mailbox, "toby") != nil)
        await watcher.end()
    }

    @Test func whatIsOfNoUseWakesNobody() async throws {
        let folder = try TestFolder()
        let mailbox = ChangeMailbox()
        let watcher = InotifyWatcher(mailbox: mailbox)
        try folder.makeFolder("toby")
        try await watcher.watch(folder("toby"), as: "toby")
        try folder.makeFolder("toby/output")
        try folder.write("toby/.a.png.part", "x")
        try folder.write("toby/notes.md", "x")
        try folder.write("toby/photos.error.txt", "x")
        try folder.write("toby/last.png", "x")
        #expect(await change(mailbox, "toby")?.movedIn == [])
        await watcher.end()
    }

    @Test func aFolderMadeAnewUnderTheSameNameIsWatchedAnew() async throws {
        let folder = try TestFolder()
        let mailbox = ChangeMailbox()
        let watcher = InotifyWatcher(mailbox: mailbox)
        for round in 1...20 {
            try folder.makeFolder("toby")
            try await watcher.watch(folder("toby"), as: "toby")
            _ = mailbox.take()
            try folder.write("toby/a\(round).png", "x")
            #expect(await change(mailbox, "toby")?.isGone == false)
            try folder.remove("toby")
            #expect(await eventually { mailbox.take().folders["toby"]?.isGone == true })
        }
        await watcher.end()
    }

    @Test func aRenamedFolderIsNoLongerWatchedUnderItsOldName() async throws {
        let folder = try TestFolder()
        let mailbox = ChangeMailbox()
        let watcher = InotifyWatcher(mailbox: mailbox)
        try folder.makeFolder("toby")
        try await watcher.watch(folder("toby"), as: "toby")
        try folder.move("toby", to: "mia")
        #expect(await change(mailbox, "toby")?.isGone == true)
        try await watcher.watch(folder("mia"), as: "mia")
        try folder.write("mia/a.png", "x")
        #expect(await change(mailbox, "mia") != nil)
        await watcher.end()
    }

    @Test func twoMayWatchTheSameFolder() async throws {
        let folder = try TestFolder()
        let (one, two) = (ChangeMailbox(), ChangeMailbox())
        let (first, second) = (InotifyWatcher(mailbox: one), InotifyWatcher(mailbox: two))
        try folder.makeFolder("toby")
        try await first.watch(folder("toby"), as: "x")
        try await second.watch(folder("toby"), as: "y")
        try folder.write("a.png", "x")
        try folder.move("a.png", to: "toby/a.png")
        #expect(await change(one, "x")?.movedIn == ["a.png"])
        #expect(await change(two, "y")?.movedIn == ["a.png"])
        await first.end()
        try folder.write("b.png", "x")
        try folder.move("b.png", to: "toby/b.png")
        #expect(await change(two, "y")?.movedIn == ["b.png"])
        #expect(one.take().isEmpty)
        await second.end()
    }

    @Test func whatIsNoFolderIsMissing() async throws {
        let folder = try TestFolder()
        try folder.makeFolder("real")
        try folder.write("file", "x")
        try FileManager.default.createSymbolicLink(atPath: folder("link"), withDestinationPath: "real")
        let watcher = InotifyWatcher(mailbox: ChangeMailbox())
        for name in ["none", "file", "link"] {
            await #expect(throws: WatchError.missing) { try await watcher.watch(folder(name), as: name) }
        }
    }

    @Test func manyFoldersThatComeAndGo() async throws {
        let folder = try TestFolder()
        let mailbox = ChangeMailbox()
        let watcher = InotifyWatcher(mailbox: mailbox)
        for number in 0..<200 {
            let name = "s\(number)"
            try folder.makeFolder(name)
            // Half of them vanish while they are being watched.
            if number % 2 == 0 {
                Thread.detachNewThread { try? FileManager.default.removeItem(atPath: folder(name)) }
            }
            do throws(WatchError) { try await watcher.watch(folder(name), as: name) } catch {
                #expect(error == .missing)
            }
        }
        for number in stride(from: 1, to: 200, by: 2) { try folder.write("s\(number)/a.png", "x") }
        let seen = Mutex<Set<String>>([])
        let complete = await eventually {
            let told = mailbox.take().folders.filter { !$0.value.isGone }.keys
            return seen.withLock {
                $0.formUnion(told)
                return $0.count >= 100
            }
        }
        #expect(complete)
        await watcher.end()
    }
}
