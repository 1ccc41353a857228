import Foundation
import Images
import TestSupport
import Testing

/// `jeditrain evaluate`, run as a person runs it, with a model of a few thousand random weights.
@Suite struct EvaluateCommandTests {
    private func run(_ arguments: [String]) throws -> BuiltProgram.Outcome {
        try BuiltProgram.run("jeditrain", ["evaluate"] + arguments)
    }

    /// Subjects, prompts, both encoders and a model, and the arguments that name all but the model.
    private func with(_ body: (EvaluationScene, [String]) throws -> Void) throws {
        try EvaluationScene.with { scene in
            try scene.writeGolden()
            try scene.write(EvaluationGolden.picture("photo2", 20, 20), to: "subjects/mug/1.png")
            try scene.write("class: robot\n", to: "subjects/mug/subject.yaml")
            let goldens = EvaluationGolden.tokenizer.deletingLastPathComponent()
            try CheckpointWriter.write(
                GoldenCheckpoint("known-v", in: goldens), goldens: goldens,
                to: scene.folder.appendingPathComponent("model"))
            try EvaluationGolden.withCheckpoint("clip-first") { clip in
                try EvaluationGolden.withCheckpoint("dino") { dino in
                    try body(
                        scene,
                        [
                            "--subjects", scene.path("subjects"), "--prompts", scene.path("prompts.txt"),
                            "--clip", clip.path, "--dino", dino.path, "--out", scene.path("out"), "--threads",
                            "2",
                        ])
                }
            }
        }
    }

    @Test func makesMeasuresAndGoesOn() throws {
        try with { scene, arguments in
            let making = arguments + ["--model", scene.path("model"), "--steps", "2", "--references", "1"]
            let first = try run(making)
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.errors.contains("made picture 4 of 4"))
            #expect(first.errors.contains("measured photo or picture 7 of 7"))
            let lines = first.text.split(separator: "\n")
            #expect(lines.count == 5 && lines[1].hasPrefix("mug") && lines[3].hasPrefix("mean"))
            let files = try ["mug/01-1.png", "mug/02-1.png", "tom/01-1.png", "tom/02-1.png"].map { name in
                try Data(contentsOf: scene.folder.appendingPathComponent("out/pictures/\(name)"))
            }
            #expect(Set(files).count == 4)
            let text = PNGTextReader.read([UInt8](files[2])).first { $0.keyword == "parameters" }?.text
            #expect(text?.hasPrefix("a photo of the cat\nSteps: 2, ") == true)
            #expect(text?.contains("Seed: 0, ") == true && text?.contains("References: 0.png ") == true)
            let json = try report(scene)
            #expect((json["making"] as? [String: Any])?["steps"] as? Int == 2)
            #expect((json["subjects"] as? [[String: Any]])?.count == 2)
            _ = try PhotoDecoder.decode(contentsOf: scene.path("out/contact-sheet.png"))

            // As a kill leaves it: one is missing, and only that one is made again, with the same bytes.
            let removed = scene.path("out/pictures/tom/01-1.png")
            try FileManager.default.removeItem(atPath: removed)
            let again = try run(making)
            #expect(again.status == 0 && again.errors.contains("made picture 1 of 1"), "\(again.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: removed)) == files[2])
            #expect(again.text == first.text)

            // Another kind of picture does not mix with them; more of the same kind does.
            let other = try run(making + ["--guidance", "1.25"])
            #expect(other.status == 1 && other.errors.contains("out/pictures/mug/01-1.png"))
            #expect(other.errors.contains("--out"))
            let more = try run(making + ["--samples", "2", "--only", "tom"])
            #expect(more.status == 0 && more.errors.contains("made picture 2 of 2"), "\(more.errors)")
        }
    }

    @Test func measuresPicturesOfOthers() throws {
        try with { scene, arguments in
            let outcome = try run(
                arguments + ["--pictures", scene.path("pictures"), "--only", "tom"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.text.contains("MCLIP-I"))
            let scores = try #require(try report(scene)["scores"] as? [String: Double])
            let clip = try #require(scores["masked_clip_i"])
            #expect(abs(clip - (0.8689596448 + 0.8641841040) / 2) < 1e-5)
            #expect(try report(scene)["making"] == nil)
            #expect(!FileManager.default.fileExists(atPath: scene.path("out/pictures")))
            let missing = try run(arguments + ["--pictures", scene.path("pictures")])
            #expect(missing.status == 1 && missing.errors.contains(scene.path("pictures/mug")))
        }
    }

    @Test func refusesBeforeTheWork() throws {
        try with { scene, arguments in
            let neither = try run(arguments)
            #expect(neither.status == 64 && neither.errors.contains("--pictures"))
            let idle = try run(arguments + ["--pictures", scene.path("pictures"), "--steps", "3"])
            #expect(idle.status == 64 && idle.errors.contains("--steps"))
            try scene.write("a {class}\na dog\n", to: "prompts.txt")
            let prompt = try run(arguments + ["--model", scene.path("model")])
            #expect(prompt.status == 1 && prompt.errors.contains("prompts.txt, line 2: "))
            #expect(!FileManager.default.fileExists(atPath: scene.path("out")))
        }
    }

    private func report(_ scene: EvaluationScene) throws -> [String: Any] {
        let data = try Data(contentsOf: scene.folder.appendingPathComponent("out/evaluation.json"))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}
