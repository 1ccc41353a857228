import DaemonTestSupport
import Foundation
import Testing

@testable import SubjectDaemon

/// What a look at a real folder sees.
@Suite struct FolderScannerTests {
    @Test func photosInFoldersWithinDownToTheFourth() throws {
        let folder = try TestFolder()
        var place = "root/rex"
        for depth in 0...5 {
            try folder.makeFolder(place)
            try folder.write(place + "/p\(depth).png", "x")
            place += "/d\(depth + 1)"
        }
        let listing = try FolderScanner.files(of: "rex", root: folder("root"))
        #expect(
            listing.files.keys.sorted() == [
                "d1/d2/d3/d4/p4.png", "d1/d2/d3/p3.png", "d1/d2/p2.png", "d1/p1.png", "p0.png",
            ])
        #expect(listing.folders.keys.sorted() == ["d1", "d1/d2", "d1/d2/d3", "d1/d2/d3/d4"])
    }

    @Test func whatIsNeverLookedInto() throws {
        let folder = try TestFolder()
        try folder.makeFolder("elsewhere")
        try folder.write("elsewhere/secret.png", "x")
        for name in ["output", "keep", "@eaDir", ".hidden", "2024/output", "2024/keep", "2024/may"] {
            try folder.makeFolder("root/rex/\(name)")
            try folder.write("root/rex/\(name)/a.png", "x")
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder("root/rex/link"), withDestinationPath: folder("elsewhere"))
        try FileManager.default.createSymbolicLink(
            atPath: folder("root/rex/inner"), withDestinationPath: folder("root/rex/2024"))
        let listing = try FolderScanner.files(of: "rex", root: folder("root"))
        #expect(listing.files.keys.sorted() == ["2024/may/a.png"])
        #expect(listing.folders.keys.sorted() == ["2024", "2024/may"])
    }

    @Test func promptsSettingsAndMessagesCountOnlyInTheSubjectsOwnFolder() throws {
        let folder = try TestFolder()
        for place in ["root/rex", "root/rex/2024"] {
            try folder.makeFolder(place)
            for name in ["prompt.txt", "x.prompt.txt", "subject.yaml", "x.prompt.error.txt", "a.jpg"] {
                try folder.write("\(place)/\(name)", "x")
            }
        }
        let listing = try FolderScanner.files(of: "rex", root: folder("root"))
        #expect(
            listing.files.keys.sorted() == [
                "2024/a.jpg", "a.jpg", "prompt.txt", "subject.yaml", "x.prompt.txt",
            ])
        #expect(listing.notes == ["x.prompt.error.txt"])
    }

    @Test func linksToFilesStayWithinTheRoot() throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/rex/2024")
        try folder.makeFolder("root/mia")
        try folder.write("outside.png", "x")
        try folder.write("root/mia/in.png", "x")
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: folder("root/rex/2024/out.png"), withDestinationPath: folder("outside.png"))
        try manager.createSymbolicLink(
            atPath: folder("root/rex/2024/in.png"), withDestinationPath: "../../mia/in.png")
        let listing = try FolderScanner.files(of: "rex", root: folder("root"))
        guard case .refused(let reason)? = listing.files["2024/out.png"],
            case .file? = listing.files["2024/in.png"]
        else {
            Issue.record("\(listing.files)")
            return
        }
        #expect(reason.contains("out of the root"))
    }

    @Test func theSameNameInOtherBytesIsToldOf() throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/rex")
        // One letter, and a letter and its accent.
        for bytes in [[0xC3, 0xA9], [0x65, 0xCC, 0x81]] as [[UInt8]] {
            let name = Array((folder("root/rex") + "/").utf8) + bytes + Array(".png".utf8) + [0]
            let descriptor = name.withUnsafeBytes {
                open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY, 0o644)
            }
            try #require(descriptor >= 0)
            close(descriptor)
        }
        let listing = try FolderScanner.files(of: "rex", root: folder("root"))
        #expect(listing.files.count == 2)
        #expect(
            listing.files.values.contains(.refused("another file's name reads the same; rename one of them")))
    }

    @Test(.disabled(if: geteuid() == 0, "the root user may read everything"))
    func aFolderThatCannotBeReadIsTold() throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/rex/shut")
        try #require(chmod(folder("root/rex/shut"), 0) == 0)
        defer { chmod(folder("root/rex/shut"), 0o755) }
        let listing = try FolderScanner.files(of: "rex", root: folder("root"))
        #expect(listing.files == ["shut/": .refused("the folder cannot be read: Permission denied")])
    }

    @Test func aRootsFoldersAreToldApart() throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/rex")
        try folder.write("root/defaults.yaml", "x")
        try folder.write("root/defaults.error.txt", "x")
        let before = try FolderScanner.subjects(in: folder("root"))
        try folder.move("root/rex", to: "root/max")
        let after = try FolderScanner.subjects(in: folder("root"))
        #expect(before.folders["rex"] == after.folders["max"] && before.folders["rex"] != nil)
        #expect(after.folders.count == 1 && after.hasDefaultsNote)
        guard case .file? = after.defaults else {
            Issue.record("no settings: \(after)")
            return
        }
        // A folder made anew is another, though it may get the same number.
        try folder.remove("root/max")
        try folder.makeFolder("root/max")
        let anew = try FolderScanner.subjects(in: folder("root"))
        #expect(anew.folders["max"] != after.folders["max"])
    }
}
