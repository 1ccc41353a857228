import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Words that count more or less (make_weighted_prompt_goldens.py).
@Suite struct WeightedPromptTests {
    /// A caption, and what it means.
    struct Caption: Decodable {
        let text: String
        let segments: [WeightedPrompt.Segment]

        private struct Segment: Decodable {
            let value: WeightedPrompt.Segment

            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                value = .init(
                    text: try container.decode(String.self), weight: try container.decode(Double.self))
            }
        }

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            text = try container.decode(String.self)
            segments = try container.decode([Segment].self).map(\.value)
        }
    }

    static func captions() throws -> [Caption] {
        try JSONDecoder().decode(
            [Caption].self,
            from: Data(contentsOf: Goldens.directory.appendingPathComponent("weighted_prompts.json")))
    }

    @Test func bracketsAreReadAsTheyAreMeant() throws {
        for caption in try Self.captions() {
            let read = WeightedPrompt(caption.text).segments
            #expect(read.map(\.text) == caption.segments.map(\.text), "\(caption.text)")
            for (segment, wanted) in zip(read, caption.segments) {
                #expect(abs(segment.weight - wanted.weight) < 1e-9, "\(caption.text)")
            }
        }
        for text in ["", "()", "[]", "(:1.2)", "((", "]"] {
            #expect(WeightedPrompt(text).segments.map(\.text) == (text == "]" ? ["]"] : []))
        }
        #expect(WeightedPrompt("(a:1.2.3)").segments == [.init(text: "a:1.2.3", weight: 1.1)])
        #expect(WeightedPrompt("a\\").segments == [.init(text: "a\\", weight: 1)])
    }

    @Test func hiddenStatesAreWeighted() throws {
        let captions = try Self.captions()
        let expected = try GoldenTensors(
            Goldens.directory.appendingPathComponent("weighted_prompts.safetensors")
        ).floats("text_hidden")
        let golden = try GoldenCheckpoint("epsilon", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            let model = try DiffusionModel(folder: folder.path, on: CPUBackend())
            let encoded = captions.map { model.tokenizer.encode(WeightedPrompt($0.text)) }
            let hidden = model.textEncoder(encoded.map(\.ids)).weighted(encoded.map(\.weights)).elements
            let size = expected.count / captions.count
            for (index, caption) in captions.enumerated() {
                let rows = index * size..<(index + 1) * size
                let difference = relativeDifference(Array(hidden[rows]), Array(expected[rows]))
                #expect(difference < 1e-4, "\(caption.text)")
            }
        }
    }

    /// Without being asked for, brackets are text.
    @Test func onlyARequestThatAsksForItReadsBrackets() throws {
        let golden = try GoldenCheckpoint("epsilon", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            let pipeline = Pipeline(try DiffusionModel(folder: folder.path, on: CPUBackend()))
            func latents(_ prompt: String, _ hasWeights: Bool?) throws -> [Float] {
                var request = GenerationRequest(prompt: prompt, model: pipeline.model)
                (request.mode, request.steps, request.hasWeights) = (.none, 2, hasWeights)
                return try pipeline.generate(request).elements
            }
            let plain = try latents("a (robot:1.4) cat", nil)
            #expect(try latents("a (robot:1.4) cat", false) == plain)
            let weighted = try latents("a (robot:1.4) cat", true)
            #expect(relativeDifference(weighted, plain) > 1e-3)
            #expect(try latents("a robot cat", true) == latents("a robot cat", nil))
            #expect(try latents("a \\(robot:1.4\\) cat", true) == plain)
        }
    }
}
