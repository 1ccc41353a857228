import ControlAPI
import Foundation
import Testing

@testable import SubjectDaemon

/// Models in the state folder. The program that checks them is a script here: what it would say is what is tested.
@Suite struct ModelLibraryTests {
    /// A library over a folder of its own.
    private struct Bench {
        let folder: TestFolder
        let library: ModelLibrary
        let files = FileThread(threads: 1)

        /// - Parameter script: what the checking program does; `$2` is the model's folder.
        init(_ script: String, checkTime: Duration = .seconds(60)) throws {
            folder = try TestFolder()
            try folder.makeFolder("state")
            try folder.write("check", "#!/bin/sh\n" + script + "\n")
            chmod(folder("check"), 0o755)
            try Self.model(in: folder, "embedded")
            library = ModelLibrary(
                stateFolder: folder("state"),
                places: ModelPlaces(
                    configured: folder("embedded"), embedded: folder("embedded"), program: folder("check"),
                    checkTime: checkTime), files: files, logger: SilentLogger.make())
        }

        static func model(in folder: TestFolder, _ name: String) throws {
            try folder.makeFolder(name + "/unet")
            try folder.makeFolder(name + "/vae")
            try folder.write(name + "/model_index.json", "{}")
            try folder.write(name + "/LICENSE.md", "free")
            try folder.write(name + "/unet/config.json", "{}")
            try folder.write(name + "/vae/config.json", "{}")
            try folder.write(name + "/unet/weights.safetensors", String(repeating: "w", count: 3_000_000))
            try folder.write(name + "/unet/weights.bin", "not needed")
            try folder.write(name + "/huge.ckpt", "not needed")
        }
    }

    private static let good =
        #"echo '{"usable":true,"name":"m","hash":"00ff","mode":"joint","width":64,"height":96,"memory_bytes":7,"new":1}'"#

    @Test func aModelIsCopiedCheckedAndListed() async throws {
        let bench = try Bench(Self.good)
        try Bench.model(in: bench.folder, "mine")
        // As a downloaded model lies on a disk: links into a store.
        try bench.folder.move("mine/unet/weights.safetensors", to: "blob")
        try FileManager.default.createSymbolicLink(
            atPath: bench.folder("mine/unet/weights.safetensors"), withDestinationPath: "../../blob")
        let taken = try await bench.library.take(bench.folder("mine"), as: "my-model.1")
        #expect(taken.models.map(\.folder) == [bench.folder("state/models/my-model.1")])
        let copy = "state/models/my-model.1"
        #expect(bench.folder.names(copy) == ["LICENSE.md", "model_index.json", "unet", "vae"])
        #expect(bench.folder.names(copy + "/unet") == ["config.json", "weights.safetensors"])
        #expect(try bench.folder.bytes(copy + "/unet/weights.safetensors") == bench.folder.bytes("blob"))
        #expect(bench.folder.names("state/models") == ["my-model.1"])
        let listed = try await bench.library.list().models
        #expect(listed.map(\.name) == ["embedded", "my-model.1"])
        #expect(listed.map(\.origin) == [.embedded, .imported] && listed.map(\.inUse) == [true, false])
        #expect(listed[1].bytes == 3_000_010 && listed[1].problem == nil)
        let checked = try await bench.library.check("my-model.1")
        #expect(
            checked
                == ModelCheckReport(
                    folder: bench.folder(copy), usable: true, name: "m", modelHash: "00ff", mode: "joint",
                    width: 64, height: 96, memoryNeeded: 7))
    }

    @Test func oneFileIsBroughtInWithWhatLiesBesideIt() async throws {
        let bench = try Bench(Self.good)
        try bench.folder.makeFolder("files/tokenizer")
        try bench.folder.write("files/v1.safetensors", String(repeating: "w", count: 1000))
        try bench.folder.write("files/v1.jedi.json", "{}")
        try bench.folder.write("files/other.safetensors", "not this one")
        try bench.folder.write("files/other.jedi.json", "{}")
        try bench.folder.write("files/tokenizer/vocab.json", "{}")
        let taken = try await bench.library.take(bench.folder("files/v1.safetensors"), as: "v1")
        let copy = "state/models/v1"
        #expect(taken.models.map(\.problem) == [nil] && taken.models.map(\.bytes) == [1004])
        #expect(bench.folder.names(copy) == ["tokenizer", "v1.jedi.json", "v1.safetensors"])
        #expect(bench.folder.names(copy + "/tokenizer") == ["vocab.json"])
        #expect(try await bench.library.check("v1").usable)
        // Which of two it should be, nobody said.
        await #expect(throws: ModelLibraryError.noModel(folder: bench.folder("files"))) {
            try await bench.library.take(bench.folder("files"), as: "both")
        }
    }

    @Test func whatCannotBeUsedIsNotKept() async throws {
        let bench = try Bench(#"echo "{\"usable\":false,\"error\":\"$2/unet/x: no tensor\"}"; exit 1"#)
        try Bench.model(in: bench.folder, "mine")
        let source = bench.folder("mine")
        await #expect(
            throws: ModelLibraryError.unusable(folder: source, reason: "\(source)/unet/x: no tensor")
        ) { try await bench.library.take(source, as: "mine") }
        #expect(bench.folder.names("state/models").isEmpty)
        #expect(bench.folder.exists("mine/huge.ckpt"))
    }

    @Test func refusalsNameTheFix() async throws {
        let bench = try Bench(Self.good)
        try Bench.model(in: bench.folder, "mine")
        try bench.folder.makeFolder("nothing")
        let library = bench.library
        func refusal(_ source: String, _ name: String) async -> String {
            do {
                _ = try await library.take(source, as: name)
                return "none"
            } catch { return "\(error)" }
        }
        #expect(await refusal("mine", "m").contains("absolute"))
        for name in ["", "a/b", "..", ".x", "-x", "a b", String(repeating: "x", count: 101)] {
            #expect(await refusal(bench.folder("mine"), name).contains("--name"), "\(name)")
        }
        #expect(await refusal(bench.folder("nothing"), "m").contains("model_index.json"))
        let missing = await refusal(bench.folder("nowhere"), "m")
        #expect(missing.contains("No such file") && missing.contains(bench.folder("state/models")))
        _ = try await library.take(bench.folder("mine"), as: "m")
        #expect(await refusal(bench.folder("mine"), "m").contains("another name"))
        await #expect(throws: ModelLibraryError.unknown(name: "x", known: ["embedded", "m"])) {
            try await library.check("x")
        }
    }

    @Test(
        arguments: [
            ("kill -9 $$", "without a word"), ("echo 'out of memory' >&2; exit 3", "out of memory"),
            ("echo '{'", "without a word"),
        ]) func aCheckThatDiesIsSaid(script: String, words: String) async throws
    {
        let bench = try Bench(script)
        let report = try await bench.library.check("embedded")
        #expect(bench.folder.exists("check"))
        #expect(!report.usable && report.problem?.contains(words) == true, "\(report)")
    }

    @Test func aCheckThatHangsIsEnded() async throws {
        let bench = try Bench("echo $$ > \"$0.pid\"; exec sleep 600", checkTime: .milliseconds(500))
        let report = try await bench.library.check("embedded")
        #expect(!report.usable && report.problem?.contains("was ended") == true, "\(report)")
        if let pid = bench.folder.read("check.pid").flatMap({ Int32($0.prefix { $0.isNumber }) }) {
            #expect(await eventually { kill(pid, 0) != 0 })
        }
    }

    @Test func oneAtATime() async throws {
        let bench = try Bench(": > \"$0.began\"; while [ ! -e \"$0.go\" ]; do sleep 0.05; done; " + Self.good)
        let library = bench.library
        let first = Task { try await library.check("embedded") }
        #expect(await eventually { bench.folder.exists("check.began") })
        await #expect(throws: ModelLibraryError.busy) {
            try await library.take(bench.folder("embedded"), as: "again")
        }
        try bench.folder.write("check.go", "")
        #expect(try await first.value.usable)
    }
}
