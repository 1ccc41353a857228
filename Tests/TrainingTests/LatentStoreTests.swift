import Foundation
import TestSupport
import Testing

@testable import Training

@Suite struct LatentStoreTests {
    private let description = LatentStore.Description(vae: "a", width: 16, height: 8, pixels: 2, channels: 3)
    private let first = LatentStore.Entry(latent: [1, 2, 3, 4, 5, -.pi], shares: [0, 0.25])
    private let second = LatentStore.Entry(latent: [6, 5, 4, 3, 2, 1], shares: nil)

    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path + "/latents")
    }

    /// What was kept is there again, also where the last record lost its end: then without it.
    @Test func itOutlivesARunAndAPowerCut() throws {
        try withFile { path in
            do {
                let store = try LatentStore(file: path, of: description)
                try store.keep(first, of: "x")
                try store.keep(second, of: "photo 2")
                try store.keep(second, of: "x")  // Is there already.
                #expect(throws: TrainingError.inUse(folder: path)) {
                    try LatentStore(file: path, of: description)
                }
            }
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            let begin = try LatentStore(file: path, of: description)
            #expect(begin.count == 2 && begin["x"] == first && begin["photo 2"] == second)
            let secondSize = 3 + 7 + 24
            for cut in 1...secondSize {
                try withFile { path in
                    try whole.dropLast(cut).write(to: URL(fileURLWithPath: path))
                    do {
                        let store = try LatentStore(file: path, of: description)
                        #expect(store.count == 1 && store["x"] == first)
                        try store.keep(second, of: "photo 2")
                    }
                    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
                }
            }
        }
    }

    @Test func latentsOfAnotherAutoencoderAreRefused() throws {
        try withFile { path in
            _ = try LatentStore(file: path, of: description)
            var other = description
            other.vae = "b"
            do {
                _ = try LatentStore(file: path, of: other)
                Issue.record("it took latents of another autoencoder")
            } catch { #expect("\(error)".contains("another autoencoder")) }
            try Data("photos: 3".utf8).write(to: URL(fileURLWithPath: path))
            do {
                _ = try LatentStore(file: path, of: description)
                Issue.record("it took any file")
            } catch { #expect("\(error)".contains("does not hold latents")) }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "photos: 3")
        }
    }

    @Test func itKeepsNoMoreThanItMay() throws {
        let store = LatentStore(maximumBytes: 60)
        try store.keep(first, of: "x")
        try store.keep(second, of: "y")
        try store.keep(second, of: "z")
        #expect(store["x"] == first && store["y"] == second && store["z"] == nil)
    }
}
