import Foundation
import Testing
import Training

@Suite struct SubjectFoldersTests {
    /// Every subject once a round, held-out ones never; captions from manifests and from texts; sizes as asked.
    @Test func sets() throws {
        try TrainingScene.with("known-tiny") { scene in
            let source = try SubjectFolders(folder: scene.path("data"), seed: 5)
            for round in 0..<3 {
                let folders = try (0..<2).map { place in
                    let images = try source.images(set: 2 * round + place, count: 3, width: 16, height: 8)
                    let photos = try images.map { try $0.photo() }
                    #expect(photos.allSatisfy { $0.image.width == 16 && $0.image.height == 8 })
                    #expect(Set(images.compactMap(\.identity)).count == 3)
                    let hasMasks = photos.allSatisfy { $0.mask?.count == 128 }
                    let captions = Set(images.map(\.caption))
                    if images[0].identity?.contains("subject0") == true {
                        #expect(hasMasks)
                        #expect(captions == ["a photo 0", "a photo 1", "a photo 2"])
                    } else {
                        #expect(photos.allSatisfy { $0.mask == nil })
                        #expect(captions == ["the robot cat 0", "the robot cat 1", "the robot cat 2"])
                    }
                    return images[0].identity?.contains("subject0")
                }
                #expect(Set(folders) == [true, false])
            }
            let held = try source.heldOutImages(set: 0, count: 5, width: 8, height: 8)
            #expect(held.count == 5)
            #expect(held.allSatisfy { $0.identity?.contains("subject2") == true })
        }
    }

    /// A set is a function of its number and the seed.
    @Test func sameAgain() throws {
        try TrainingScene.with("known-tiny") { scene in
            let folder = scene.path("data")
            let sources = try [5, 5, 6].map { try SubjectFolders(folder: folder, seed: $0) }
            let names = try sources.map { source in
                try (0..<12).flatMap { set in
                    try source.images(set: set, count: 3, width: 8, height: 8).map(\.identity)
                }
            }
            #expect(names[0] == names[1])
            #expect(names[0] != names[2])
        }
    }

    @Test func refusals() throws {
        try TrainingScene.with("known-tiny") { scene in
            #expect(throws: TrainingError.self) { try SubjectFolders(folder: scene.path("nowhere"), seed: 0) }
            try FileManager.default.createDirectory(
                atPath: scene.path("empty/a"), withIntermediateDirectories: true)
            #expect(throws: TrainingError.self) { try SubjectFolders(folder: scene.path("empty"), seed: 0) }
            let manifest = scene.path("data/subject0/.toybox/manifest.jsonl")
            try Data("{\"image\": \"0.png\", \"caption\": \"a\"}\n{\"image\": 3}\n".utf8).write(
                to: URL(fileURLWithPath: manifest))
            do {
                _ = try SubjectFolders(folder: scene.path("data"), seed: 0)
                Issue.record("a damaged manifest was read")
            } catch { #expect("\(error)".contains("manifest.jsonl, line 2")) }
        }
    }

    /// Latents have deviation 1 afterwards.
    @Test(arguments: ["known-tiny", "known-v"])
    func latentScale(_ checkpoint: String) throws {
        try TrainingScene.with(checkpoint) { scene in
            let source = try SubjectFolders(folder: scene.path("data"), seed: 0)
            let first = try LatentScale.fit(
                model: scene.path("model"), source: source, sets: 2, imagesPerSet: 3)
            let second = try LatentScale.fit(
                model: scene.path("model"), source: source, sets: 2, imagesPerSet: 3)
            #expect(abs(second / first - 1) < 1e-5)
        }
    }
}
