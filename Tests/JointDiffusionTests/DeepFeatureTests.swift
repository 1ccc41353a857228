import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Steps that take what the levels below the finest gave in an earlier one.
@Suite struct DeepFeatureTests {
    struct Case: Decodable, Sendable {
        let checkpoint: String
        let sampler: String
        let steps: Int
        let every: Int
        /// Pixels per latent pixel.
        let scale: Int
    }

    static let cases: [Case] =
        (try? JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: Goldens.directory.appendingPathComponent("deep.json")))) ?? []

    private static func withPipeline(_ name: String, _ body: (Pipeline) throws -> Void) throws {
        let golden = try GoldenCheckpoint(name, in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            try body(Pipeline(try DiffusionModel(folder: folder.path, on: CPUBackend())))
        }
    }

    @Test func goldensAreThere() { #expect(Self.cases.count == 3) }

    /// Against diffusers, with what comes up to the finest level put in place (make_deep_goldens.py).
    @Test(arguments: Array(cases.enumerated()).map { ($0.offset, $0.element) })
    func latentsAreThoseOfDiffusers(_ number: Int, _ asked: Case) throws {
        let tensors = try GoldenTensors(Goldens.directory.appendingPathComponent("deep.safetensors"))
        try Self.withPipeline(asked.checkpoint) { pipeline in
            let shape = try tensors.shape("noise/\(number)")
            let noise = Tensor(
                try tensors.floats("noise/\(number)"), shape: Shape(shape), on: pipeline.model.backend
            ).channelsLast()
            var request = GenerationRequest(prompt: GoldenCheckpoint.prompts[0], model: pipeline.model)
            request.negativePrompt = "fish in the sea"
            (request.mode, request.steps, request.guidance) = (.none, asked.steps, 5)
            request.sampler = try SamplerKind(name: asked.sampler)
            (request.width, request.height) = (shape[3] * asked.scale, shape[2] * asked.scale)
            let expected = try tensors.floats("latent/\(number)")
            let start = Pipeline.Noise(targets: noise, references: nil)
            let plain = try pipeline.generate(request, noise: start).channelsFirst().elements
            #expect(relativeDifference(plain, expected) > 1e-2)
            request.deepEvery = asked.every
            let latent = try pipeline.generate(request, noise: start).channelsFirst().elements
            #expect(relativeDifference(latent, expected) < 1e-3)
        }
    }

    private static func references(_ pipeline: Pipeline) -> [Pipeline.Reference] {
        let model = pipeline.model
        let (height, width) = (model.height / model.vae.downscale, model.width / model.vae.downscale)
        return (1...2).map {
            Pipeline.Reference(
                latent: Tensor(
                    normal: [1, height, width, model.vae.latentChannels], seed: UInt64(100 + $0),
                    on: model.backend), noiseSeed: UInt64($0))
        }
    }

    private static func request(_ mode: ReferenceMode, _ pipeline: Pipeline) -> GenerationRequest {
        var request = GenerationRequest(prompt: "a photo of the cat", model: pipeline.model, seeds: [7, 8])
        (request.mode, request.steps, request.guidance, request.imageGuidance) = (mode, 7, 3, 2)
        return request
    }

    private static func bits(_ tensor: Tensor) -> [UInt32] { tensor.elements.map(\.bitPattern) }

    /// In every step is always; in the first step alone is something else, in each mode and with all branches of guidance.
    @Test(arguments: ReferenceMode.allCases) func everyStepIsAlways(_ mode: ReferenceMode) throws {
        try Self.withPipeline("known-v") { pipeline in
            let references = Self.references(pipeline)
            let made = try [nil, 1, 100].map { every in
                var request = Self.request(mode, pipeline)
                request.deepEvery = every
                return try pipeline.generate(request, references: references)
            }
            #expect(Self.bits(made[1]) == Self.bits(made[0]))
            let difference = relativeDifference(made[2].elements, made[0].elements)
            #expect(difference > 1e-3 && difference < 2)
        }
    }

    /// A walk is gone on with from where all levels run anyway, to the same bits. They do where references' tokens are counted,
    /// and where guidance begins and ends.
    @Test func goingOn() throws {
        try Self.withPipeline("known-v") { pipeline in
            let references = Self.references(pipeline)
            var request = Self.request(.cached, pipeline)
            request.deepEvery = 3
            let plain = try check(request, references, pipeline, states: [0, 0, 3, 3, 3, 6, 7])
            request.referenceTokens = 0.5
            _ = try check(request, references, pipeline, states: [0, 0, 0, 0, 5, 5, 7])
            request.referenceTokens = nil
            request.deepEvery = 100
            request.guidanceInterval = 0...1
            let guided = try check(request, references, pipeline, states: nil)
            #expect(Self.bits(guided) != Self.bits(plain))
        }
    }

    /// - Parameter states: the step of the state that each step leaves; nil: one of them is not the first or the last.
    /// - Returns: what the walk comes to.
    private func check(
        _ request: GenerationRequest, _ references: [Pipeline.Reference], _ pipeline: Pipeline, states: [Int]?
    ) throws -> Tensor {
        var left: [SamplingState] = []
        let whole = try pipeline.generate(request, references: references) { left.append($0.state) }
        let steps = left.map(\.step)
        if let states {
            #expect(steps == states)
        } else {
            #expect(steps.contains { $0 != 0 && $0 != request.steps })
        }
        for state in left {
            let again = try pipeline.generate(request, references: references, from: state)
            #expect(Self.bits(again) == Self.bits(whole))
        }
        return whole
    }

    @Test func countsThatMeanNothing() throws {
        try Self.withPipeline("known-v") { pipeline in
            for count in [0, -1, 101] {
                var request = Self.request(.cached, pipeline)
                request.deepEvery = count
                #expect(throws: GenerationError.deepEvery(count)) { try pipeline.validate(request) }
            }
        }
    }

    /// Guidance within an interval: where it holds nowhere, the prompt's branch stands alone; where it holds everywhere,
    /// nothing changes.
    @Test func guidanceIntervals() throws {
        try Self.withPipeline("epsilon") { pipeline in
            let references = Self.references(pipeline)
            let made = try [(nil, 3), (0...1000, 3), (0...0, 3), (nil, 1)].map {
                (interval: ClosedRange<Double>?, guidance: Double) in
                var request = Self.request(.matched, pipeline)
                request.imageGuidance = nil
                request.guidance = guidance
                request.guidanceInterval = interval
                return Self.bits(try pipeline.generate(request, references: references))
            }
            #expect(made[0] == made[1] && made[2] == made[3] && made[0] != made[2])
        }
    }
}
