import Foundation
import Images
import SyntheticSubjects
import TestSupport
import Testing

/// `jeditrain toybox`, run as a person runs it.
@Suite struct ToyboxCommandTests {
    @Test func writesFoldersThatJedidTakes() throws {
        try withFolder { folder in
            let out = folder.appendingPathComponent("toys").path
            let arguments = [
                "toybox", "--subjects", "3", "--images", "2", "--seed", "5", "--size", "32", "--out", out,
            ]
            let outcome = try run(arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.errors.isEmpty && outcome.text.contains("made: 3"))
            let toybox = Toybox(seed: 5)
            let names = try visible(out)
            #expect(names.count == 3)
            for subject in 0..<3 {
                let identity = toybox.identity(subject: subject)
                let name = "\(identity.kind.noun)-\(identity.colors[0].word)-0000\(subject)"
                let place = "\(out)/\(name)"
                // jedid passes over names that begin with a dot.
                #expect(try visible(place) == ["photo01.png", "photo02.png", "subject.yaml"])
                #expect(
                    try String(contentsOfFile: place + "/subject.yaml", encoding: .utf8)
                        == "class: \(identity.kind.noun)\n")
                let sample = toybox.sample(subject: subject, image: 1, size: 32)
                #expect(try PhotoDecoder.decode(contentsOf: place + "/photo02.png") == sample.image)
                let mask = try PhotoDecoder.decode(contentsOf: place + "/.toybox/mask02.png")
                #expect(mask.pixels == sample.mask.flatMap { [$0, $0, $0] })
                let lines = try String(contentsOfFile: place + "/.toybox/manifest.jsonl", encoding: .utf8)
                    .split(separator: "\n")
                #expect(lines.count == 2)
                let line = try #require(
                    JSONSerialization.jsonObject(with: Data(lines[1].utf8)) as? [String: Any])
                #expect(line["caption"] as? String == sample.caption)
                #expect(line["plain_caption"] as? String == sample.plainCaption)
            }
        }
    }

    @Test func goesOnWhereItWasInterruptedAndChangesNothing() throws {
        try withFolder { folder in
            let out = folder.path
            let arguments = ["toybox", "--subjects", "4", "--images", "2", "--size", "24", "--out", out]
            #expect(try run(arguments).status == 0)
            let before = try stamps(out)
            let names = try visible(out)
            // As a kill leaves it: one set is not there, its beginning is.
            try FileManager.default.moveItem(
                atPath: "\(out)/\(names[1])", toPath: "\(out)/.toybox-part-\(names[1])")
            try FileManager.default.removeItem(atPath: "\(out)/.toybox-part-\(names[1])/photo02.png")
            let again = try run(arguments)
            #expect(again.status == 0 && again.text.contains("made: 1, already there: 3"), "\(again.errors)")
            #expect(try visible(out) == names)
            let hidden = try FileManager.default.contentsOfDirectory(atPath: out).filter {
                $0.contains("part")
            }
            #expect(hidden.isEmpty)
            for (path, stamp) in try stamps(out) where !path.contains(names[1]) {
                #expect(before[path] == stamp, "\(path)")
            }
        }
    }

    @Test func tellsWhatIsInTheWayAndWritesNothing() throws {
        try withFolder { folder in
            let out = folder.path
            let make = { (images: String, subjects: String) in
                try run(["toybox", "--subjects", subjects, "--images", images, "--size", "24", "--out", out])
            }
            #expect(try make("2", "2").status == 0)
            let names = try visible(out)
            let other = try make("3", "6")
            #expect(
                other.status == 1 && other.errors.contains("--images 2") && other.errors.contains("--out"))
            #expect(other.errors.contains(names[0]) || other.errors.contains(names[1]))
            #expect(try visible(out) == names)
            let photo = "\(out)/\(names[0])/photo01.png"
            try Data(contentsOf: URL(fileURLWithPath: photo)).dropLast(20).write(
                to: URL(fileURLWithPath: photo))
            let damaged = try make("2", "2")
            #expect(
                damaged.status == 1 && damaged.errors.contains("photo01.png")
                    && damaged.errors.contains("Remove"))
            try FileManager.default.removeItem(atPath: "\(out)/\(names[0])/.toybox")
            let file = try run(["toybox", "--subjects", "1", "--size", "24", "--out", photo])
            #expect(file.status == 1 && file.errors.contains("photo01.png is not a folder"))
            let foreign = try make("2", "2")
            #expect(foreign.status == 1 && foreign.errors.contains("is not a set of this program"))
        }
    }

    @Test func twoAtOnceDoNotMeet() throws {
        try withFolder { folder in
            let lock = try ToyboxSetWriter(
                order: ToyboxOrder(seed: 0, subjects: 1, images: 1, size: 16), folder: folder.path
            ).prepare().lock
            try withExtendedLifetime(lock) {
                let outcome = try run(["toybox", "--subjects", "1", "--size", "16", "--out", folder.path])
                #expect(outcome.status == 1 && outcome.errors.contains("Another jeditrain"))
            }
        }
    }

    @Test func writesAContactSheetAndReplacesNone() throws {
        try withFolder { folder in
            let sheet = folder.appendingPathComponent("sheet.png").path
            let arguments = [
                "toybox", "--subjects", "2", "--images", "3", "--size", "20", "--contact-sheet", sheet,
            ]
            let outcome = try run(arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let image = try PhotoDecoder.decode(contentsOf: sheet)
            #expect((image.width, image.height) == (4 + 3 * 24, 4 + 2 * 24))
            let again = try run(arguments)
            #expect(again.status == 1 && again.errors.contains("there already"))
        }
    }

    @Test(
        arguments: [
            (["--subjects", "0", "--out", "x"], "--subjects is 0; it must be from 1"),
            (["--images", "1001", "--out", "x"], "--images is 1001"),
            (["--size", "8", "--out", "x"], "--size is 8; it must be from 16 to 2048"),
            (["--subjects", "2"], "--out DIR"),
            (["--kind", "unicorn", "--out", "x"], "'unicorn' is invalid"),
            (["--benchmark", "--out", "x"], "--benchmark writes nothing"),
            (["--seed", "-1", "--out", "x"], "seed"),
            (["--out", ""], "--out is empty"),
        ] as [([String], String)]) func saysWhatIsWrong(arguments: [String], words: String) throws
    {
        let outcome = try run(["toybox"] + arguments)
        #expect(outcome.status == 64 && outcome.errors.contains(words), "\(outcome.errors)")
    }

    // MARK: Helpers

    private func run(_ arguments: [String]) throws -> BuiltProgram.Outcome {
        try BuiltProgram.run("jeditrain", arguments)
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "toybox-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func visible(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
    }

    /// Every file with when it was written last.
    private func stamps(_ folder: String) throws -> [String: Date] {
        var made: [String: Date] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) where path.hasSuffix(".png") {
            made[path] =
                try FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)")[.modificationDate]
                as? Date
        }
        return made
    }
}
