import Foundation
import JointDiffusion
import SyntheticSubjects
import Tensors
import Testing

@testable import ToyboxEvaluation

/// The judge itself, with few channels and few toys.
@Suite struct JudgeTests {
    static var settings: JudgeTraining.Settings {
        var settings = JudgeTraining.Settings()
        settings.judge = ToyboxJudge.Configuration(channels: [8, 16, 16, 16], width: 8)
        settings.threads = 1
        settings.toys = [.mug]
        settings.subjects = 4
        settings.chapterSubjects = 4
        settings.chapterPictures = 2
        settings.passes = 10_000
        settings.smallShare = 0.5
        settings.steps = 200
        settings.rate = 1e-2
        return settings
    }

    static func path() -> String {
        let name = "judge-\(UUID().uuidString).safetensors"
        return FileManager.default.temporaryDirectory.appendingPathComponent(name).path
    }

    /// Gives the path of a judge that has learned next to nothing, and removes it afterwards.
    static func withJudge<Result>(steps: Int = 1, _ body: (String) throws -> Result) throws -> Result {
        var settings = settings
        settings.steps = steps
        let training = try JudgeTraining(settings)
        try training.run()
        let path = path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try training.write(to: path)
        return try body(path)
    }

    /// Chance is log 7 for one's sibling among eight, and log 21 for the scene.
    @Test func learning() throws {
        var losses: [(identity: Float, scene: Float)] = []
        try JudgeTraining(Self.settings).run { losses.append(($0.identity, $0.scene)) }
        #expect(losses.count == 200)
        let mean = { (part: ArraySlice<(identity: Float, scene: Float)>) in
            part.reduce(0) { $0 + $1.identity + $1.scene } / Float(part.count)
        }
        #expect(mean(losses.suffix(10)) < 0.8 * mean(losses.prefix(10)))
    }

    @Test func theSameSettingsGiveTheSameJudge() throws {
        let files = try (0..<2).map { _ in
            try Self.withJudge(steps: 2) { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        }
        #expect(files[0] == files[1])
    }

    @Test func embeddingsHaveUnitLength() throws {
        try Self.withJudge { path in
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            let judge = try JudgeFile.load(path, on: backend)
            let pictures = ToyboxTrial(0, seed: 3).references(4, size: 48).map { JudgePixels($0) }
            let seen = ToyboxExaminer(judge: judge, on: backend).look(pictures)
            #expect(seen.scenes.count == 4 && Set(seen.embeddings).count == 4)
            for embedding in seen.embeddings {
                #expect(embedding.count == 8)
                #expect(abs(embedding.reduce(0) { $0 + $1 * $1 } - 1) < 5e-3)
            }
        }
    }

    @Test func filesThatAreNoJudge() throws {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        #expect(throws: ToyboxEvaluationError.noJudge(file: "/nowhere/judge.safetensors")) {
            try JudgeFile.load("/nowhere/judge.safetensors", on: backend)
        }
        let path = Self.path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let tensor = Tensor(zeros: [3], on: backend)
        let scenes = try Self.withJudge { try SafetensorsFile(path: $0).metadata }
        for (change, value) in [
            ("format", "another"), ("channels", "8,8"), ("width", "many"), ("scenes", "beach"), ("seed", "1"),
        ] {
            var metadata = scenes
            metadata[change] = value
            try SafetensorsWriter.write([("a", tensor)], metadata: metadata, to: path)
            let error = #expect(throws: ToyboxEvaluationError.self) {
                try JudgeFile.load(path, on: backend)
            }
            guard case .foreignJudge(path, _)? = error else {
                Issue.record("\(change): \(String(describing: error))")
                continue
            }
        }
        try Data("no judge".utf8).write(to: URL(fileURLWithPath: path))
        #expect(throws: ToyboxEvaluationError.self) { try JudgeFile.load(path, on: backend) }
    }

    /// Siblings apart and strangers together cost more than the reverse.
    @Test func lossOfKnownEmbeddings() {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        let logits = Tensor(zeros: [4, 2], on: backend)
        func identity(_ rows: [Float]) -> Float {
            JudgeLoss(temperature: 0.5, sceneWeight: 1)(
                embeddings: Tensor(rows, shape: [4, 2], on: backend), groups: [[2, 2]], logits: logits,
                scenes: [0, 1, 0, 1]
            ).identity
        }
        // exp(2), beside two strangers of exp(0).
        let apart = Float(log((exp(2.0) + 2) / exp(2.0)))
        #expect(abs(identity([1, 0, 1, 0, 0, 1, 0, 1]) - apart) < 1e-5)
        let mixed = Float(log(exp(2.0) + 2))
        #expect(abs(identity([1, 0, 0, 1, 1, 0, 0, 1]) - mixed) < 1e-5)
    }

    @Test func lessonsAreOfToysThatAreNotHeldOut() throws {
        let lessons = JudgeLessons(seed: 5, subjects: 2, pictures: 3, kinds: [.duck])
        let (first, again) = (try lessons.chapter(2, threads: 2), try lessons.chapter(2, threads: 1))
        #expect(first.count == 1 && first[0].count == 2)
        var toys: [[Float]] = []
        for (toy, sameToy) in zip(first[0], again[0]) {
            #expect(Set(toy.map(\.scene)).count == 3 && Set(toy.map(\.answer.colors)).count == 1)
            #expect(toy.map(\.pixels.values) == sameToy.map(\.pixels.values))
            toys.append(toy[0].answer.colors)
            let subject = try #require(
                (0..<80).first {
                    JudgeTutor.Answer(lessons.toybox.identity(subject: $0, kind: .duck)).colors
                        == toy[0].answer.colors
                })
            #expect(!Toybox.isHeldOut(subject: subject))
        }
        #expect(toys[0] != toys[1])
        // The toy is seen, and is not all that is.
        let mask = first[0][0][0].pixels.channels(3..<4)
        #expect(mask.contains(1) && mask.contains(-1))
    }
}
