import Foundation
import TestSupport
import Testing

@testable import Collage

/// `jeditrain collage`, run as a person runs it.
@Suite struct CollageCommandTests {
    /// Killed with -9 again and again while it draws: what comes of it in the end is what an undisturbed run makes.
    @Test func survivesKills() throws {
        try Scratch.withFolder { folder in
            let list = "\(folder)/list.txt"
            try Data("cat | the cat | on the beach; in the snow\nrobot\tthe robot\n".utf8).write(
                to: URL(fileURLWithPath: list))
            func arguments(_ out: String) -> [String] {
                [
                    "collage", "--model", Scratch.toybox, "--prompts", list, "--out", "\(folder)/\(out)",
                    "--images",
                    "2", "--steps", "6", "--threshold", "0", "--keep-every", "0", "--threads", "1",
                ]
            }
            let undisturbed = try start(arguments("whole"))
            let said = undisturbed.output.fileHandleForReading.readDataToEndOfFile()
            undisturbed.process.waitUntilExit()
            #expect(undisturbed.process.terminationStatus == 0)
            #expect(String(decoding: said, as: UTF8.self).contains("sets kept: 2, dropped: 0"))
            // A kill each time that more has been written than when the last one came.
            var (kills, seen) = (0, Set<String>())
            var isDone = false
            while !isDone {
                let process = try start(arguments("killed")).process
                while process.isRunning {
                    let now = try progress("\(folder)/killed")
                    if kills < 12, now.count > 0, !now.isSubset(of: seen) {
                        seen.formUnion(now)
                        kill(process.processIdentifier, SIGKILL)
                        kills += 1
                        break
                    }
                    usleep(2000)
                }
                process.waitUntilExit()
                isDone = process.terminationReason == .exit
                if isDone { #expect(process.terminationStatus == 0) }
                try #require(kills < 13)
            }
            #expect(kills >= 4)
            let (whole, killed) = (
                try Scratch.files("\(folder)/whole"), try Scratch.files("\(folder)/killed")
            )
            #expect(whole.keys.sorted() == killed.keys.sorted())
            for (name, bytes) in whole { #expect(killed[name] == bytes, "\(name)") }
        }
    }

    @Test(
        arguments: [
            (["--out", "x"], "Say how many"),
            (["--out", "x", "--subjects", "0"], "--subjects is 0; it must be from 1"),
            (["--out", "x", "--subjects", "1", "--draw", "2x2", "--images", "3"], "gives 4 pictures, not 3"),
            (["--out", "x", "--subjects", "1", "--draw", "1x1"], "'1x1' is invalid"),
            (["--out", "x", "--subjects", "1", "--size", "64"], "'64' is invalid for '--size <WxH>'"),
            (["--out", "x", "--subjects", "1", "--threshold", "2"], "--threshold is 2.0"),
        ] as [([String], String)]) func saysWhatIsWrong(arguments: [String], words: String) throws
    {
        let (process, _, errors) = try start(["collage", "--model", Scratch.toybox] + arguments)
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 64 && text.contains(words), "\(text)")
    }

    // MARK: Helpers

    /// What of a run is on the disk: each file, and each state of a walk, by its time.
    private func progress(_ folder: String) throws -> Set<String> {
        let files = FileManager.default
        let names = (try? files.subpathsOfDirectory(atPath: folder)) ?? []
        return Set(
            names.filter { $0.hasSuffix(".png") || $0.hasSuffix("set.json") || $0.hasSuffix("walk.state") }
                .map {
                    guard $0.hasSuffix("walk.state") else { return $0 }
                    let date =
                        (try? files.attributesOfItem(atPath: "\(folder)/\($0)"))?[.modificationDate] as? Date
                    return "\($0) \(date?.timeIntervalSince1970 ?? 0)"
                })
    }

    private func start(_ arguments: [String]) throws -> (process: Process, output: Pipe, errors: Pipe) {
        try BuiltProgram.start("jeditrain", arguments)
    }
}
