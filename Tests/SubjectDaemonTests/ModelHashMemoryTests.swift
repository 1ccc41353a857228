import Foundation
import Glibc
import JointDiffusion
import Testing

@testable import SubjectDaemon

/// Hashes of models are read from memory while nothing about the files has changed, and never otherwise.
@Suite struct ModelHashMemoryTests {
    private let folder: TestFolder
    private let source: ModelSource

    init() throws {
        folder = try TestFolder()
        for part in ["scheduler", "text_encoder", "tokenizer", "unet", "vae"] {
            try folder.makeFolder("model/\(part)")
            try folder.write("model/\(part)/config.json", "{\"part\": \"\(part)\"}")
        }
        try folder.write("model/unet/weights.safetensors", [UInt8](repeating: 7, count: 1000))
        source = ModelSource(path: folder("model"))
    }

    /// A memory whose clock says that the files have been at rest for so long.
    private func memory(after rest: TimeInterval = 60) -> ModelHashMemory {
        ModelHashMemory(path: folder("hashes.json"), now: { Date(timeIntervalSinceNow: rest) })
    }

    /// The hash, and whether files were read for it.
    private func hash(
        _ memory: ModelHashMemory, of source: ModelSource? = nil
    ) throws -> (hash: String, wasRead: Bool) {
        var beats = 0
        let hash = try memory.hash(of: source ?? self.source) { beats += 1 }
        #expect(try hash == ModelHash.compute(source ?? self.source))
        return (hash, beats > 0)
    }

    @Test func whatIsKnownIsNotReadAgain() throws {
        let first = try hash(memory())
        let second = try hash(memory())
        #expect(first.wasRead && !second.wasRead)
        #expect(first.hash == second.hash)
    }

    /// Also where size and modification time are those of before.
    @Test func aChangeIsSeen() throws {
        let old = try hash(memory()).hash
        let path = folder("model/unet/weights.safetensors")
        var facts = stat()
        #expect(stat(path, &facts) == 0)
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.write(contentsOf: [8])
        try file.close()
        #expect(utimensat(AT_FDCWD, path, [facts.st_atim, facts.st_mtim], 0) == 0)
        let new = try hash(memory())
        #expect(new.wasRead && new.hash != old)
        #expect(try !hash(memory()).wasRead)
    }

    @Test func aFileMoreIsSeen() throws {
        let old = try hash(memory()).hash
        try folder.write("model/vae/more.safetensors", "x")
        #expect(try hash(memory()).hash != old)
        try folder.remove("model/vae/more.safetensors")
        #expect(try hash(memory()) == (old, false))
    }

    @Test func additionsCount() throws {
        let plain = try hash(memory()).hash
        try folder.write("ink.safetensors", "ink")
        var source = source
        var hashes = [plain]
        for weight in [0.5, 0.6] {
            source.adapters = [WeightedAdapter(path: folder("ink.safetensors"), weight: weight)]
            #expect(try hash(memory(), of: source).wasRead)
            hashes.append(try hash(memory(), of: source).hash)
        }
        #expect(Set(hashes).count == 3)
    }

    /// A change within the clock's tick would not show.
    @Test func filesThatJustChangedAreNotRemembered() throws {
        #expect(try hash(memory(after: 0)).wasRead)
        #expect(!folder.exists("hashes.json"))
        #expect(try hash(memory()).wasRead)
        #expect(try !hash(memory(after: 0)).wasRead)
    }

    @Test(arguments: ["", "{", "[1]", "{\"a\": 1}"]) func aDamagedMemoryIsMadeAgain(_ text: String) throws {
        try folder.write("hashes.json", text)
        #expect(try hash(memory()).wasRead)
        #expect(try !hash(memory()).wasRead)
        // A value that is no hash is none.
        let known = try #require(folder.read("hashes.json"))
        try folder.write("hashes.json", known.replacing(try hash(memory()).hash, with: "0000"))
        #expect(try hash(memory()).wasRead)
    }

    /// What cannot be read is an error that names it, and nothing is remembered.
    @Test func aMissingFileIsNamed() throws {
        var source = source
        source.adapters = [WeightedAdapter(path: folder("gone.safetensors"))]
        let error = #expect(throws: (any Error).self) { try memory().hash(of: source) {} }
        #expect("\(try #require(error))".contains("gone.safetensors"))
        #expect(!folder.exists("hashes.json"))
    }
}
