import JointDiffusion
import Tensors
import TestSupport
import Testing

@testable import Collage

/// What the pipeline offers for sets: a prompt for each picture, and where words are seen.
@Suite struct DrawingTests {
    private func request(
        _ pipeline: Pipeline, _ mode: ReferenceMode, _ prompts: [String]?, seeds: [UInt64] = [3, 4]
    )
        -> GenerationRequest
    {
        var request = GenerationRequest(prompt: "a fish", model: pipeline.model, seeds: seeds)
        (request.mode, request.steps, request.guidance) = (mode, 3, 3)
        (request.width, request.height) = (24, 16)
        request.prompts = prompts
        return request
    }

    @Test func everyPictureHasItsOwnPrompt() throws {
        try Scratch.withCheckpoint("epsilon") { folder in
            let pipeline = Pipeline(try Scratch.model(folder))
            let both = try pipeline.generate(request(pipeline, .none, ["a cat", "a robot"]))
            for (row, prompt) in ["a cat", "a robot"].enumerated() {
                var alone = request(pipeline, .none, nil, seeds: [3 + UInt64(row)])
                alone.prompt = prompt
                let single = try pipeline.generate(alone)
                #expect(relativeDifference(both[rows: row..<row + 1].elements, single.elements) < 1e-4)
            }
            #expect(throws: GenerationError.prompts(1, pictures: 2)) {
                try pipeline.generate(request(pipeline, .none, ["a cat"]))
            }
        }
    }

    /// Drawn together a picture follows its own prompt first, and the others' through what it attends to.
    @Test func picturesOfASetSeeEachOther() throws {
        try Scratch.withCheckpoint("epsilon") { folder in
            let pipeline = Pipeline(try Scratch.model(folder))
            let same = try pipeline.generate(request(pipeline, .joint, nil))
            let said = try pipeline.generate(request(pipeline, .joint, ["a fish", "a fish"]))
            #expect(relativeDifference(said.elements, same.elements) < 1e-5)
            let other = try pipeline.generate(
                request(pipeline, .joint, ["a fish", "a robot cat on a beach"]))
            let (first, second) = (
                relativeDifference(other[rows: 0..<1].elements, same[rows: 0..<1].elements),
                relativeDifference(other[rows: 1..<2].elements, same[rows: 1..<2].elements)
            )
            #expect(first > 1e-5 && second > first)
        }
    }

    @Test func attentionToWordsAddsUp() throws {
        try Scratch.withCheckpoint("epsilon") { folder in
            let pipeline = Pipeline(try Scratch.model(folder))
            let latents = Tensor(
                normal: [2, 9, 7, pipeline.model.vae.latentChannels], seed: 1, on: pipeline.model.backend)
            let captions = ["a photo of the robot cat", "a photo of the fish"]
            func maps(_ word: String) throws -> [[Float]?] {
                try pipeline.attention(to: word, in: latents, captions: captions, seed: 7)
            }
            let (robot, cat, both) = (try maps("robot"), try maps("cat"), try maps("robot cat"))
            #expect(robot[1] == nil && cat[1] == nil && both[1] == nil)
            let sum = zip(try #require(robot[0]), try #require(cat[0])).map { $0 + $1 }
            let map = try #require(both[0])
            #expect(map.count == 9 * 7)
            #expect(relativeDifference(sum, map) < 1e-4)
            #expect(map.allSatisfy { 0 < $0 && $0 < 1 })
            #expect(Set(map).count > 30)
            let fish = try maps("fish")
            #expect(fish[0] == nil && fish[1] != nil)
        }
    }
}
