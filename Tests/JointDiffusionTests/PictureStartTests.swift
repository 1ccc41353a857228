import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Starting from a picture and making a part of one, against diffusers' pipelines (make_start_goldens.py).
@Suite struct PictureStartTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let checkpoint: String
        let sampler: String
        let steps: Int
        let strength: Double
        let inpainting: Bool

        var testDescription: String {
            "\(checkpoint) \(sampler) \(steps) \(strength)\(inpainting ? " a part" : "")"
        }
    }

    static let cases: [Case] =
        (try? JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: Goldens.directory.appendingPathComponent("start.json"))))
        ?? []

    private static func withPipeline(_ name: String, _ body: (Pipeline) throws -> Void) throws {
        let golden = try GoldenCheckpoint(name, in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            try body(Pipeline(try DiffusionModel(folder: folder.path, on: CPUBackend())))
        }
    }

    private static func request(_ asked: Case, _ model: DiffusionModel) throws -> GenerationRequest {
        var request = GenerationRequest(prompt: GoldenCheckpoint.prompts[0], model: model)
        request.negativePrompt = "fish in the sea"
        (request.mode, request.steps, request.guidance) = (.none, asked.steps, 5)
        request.sampler = try SamplerKind(name: asked.sampler)
        (request.width, request.height) = (24, 16)
        request.strength = asked.strength
        return request
    }

    /// The picture and the mask of a case.
    private static func start(_ number: Int, _ tensors: GoldenTensors, _ pipeline: Pipeline) throws
        -> PictureStart
    {
        let mask = tensors.contains("mask/\(number)") ? try tensors.bytes("mask/\(number)") : nil
        return pipeline.start(
            pixels: try tensors.bytes("image/\(number)"), mask: mask, width: 24, height: 16)
    }

    @Test func goldensAreThere() { #expect(Self.cases.count == 10) }

    @Test(arguments: Array(cases.enumerated()).map { ($0.offset, $0.element) })
    func latentsAreThoseOfDiffusers(_ number: Int, _ asked: Case) throws {
        let tensors = try GoldenTensors(Goldens.directory.appendingPathComponent("start.safetensors"))
        try Self.withPipeline(asked.checkpoint) { pipeline in
            let start = try Self.start(number, tensors, pipeline)
            #expect((start.area != nil) == asked.inpainting)
            let noise = Tensor(
                try tensors.floats("noise/\(number)"), shape: Shape(try tensors.shape("noise/\(number)")),
                on: pipeline.model.backend
            ).channelsLast()
            let request = try Self.request(asked, pipeline.model)
            let latent = try pipeline.generate(
                request, noise: Pipeline.Noise(targets: noise, references: nil), start: start)
            let expected = try tensors.floats("latent/\(number)")
            #expect(relativeDifference(latent.channelsFirst().elements, expected) < 1e-3)
        }
    }

    /// From a state that was kept, to the same bits; in joint mode with references before the targets.
    @Test(arguments: [ReferenceMode.none, .joint, .matched], [SamplerKind.dpmpp2M, .eulerAncestral])
    func goesOnToTheSameBits(_ mode: ReferenceMode, _ sampler: SamplerKind) throws {
        let tensors = try GoldenTensors(Goldens.directory.appendingPathComponent("start.safetensors"))
        let asked = Case(
            checkpoint: "epsilon", sampler: sampler.rawValue, steps: 8, strength: 0.6, inpainting: true)
        try Self.withPipeline("epsilon") { pipeline in
            let start = try Self.start(5, tensors, pipeline)
            var request = try Self.request(asked, pipeline.model)
            request.mode = mode
            request.seeds = [1, 2]
            let references =
                mode == .none
                ? [] : [Pipeline.Reference(latent: 0.5 * start.latent, noiseSeed: 3)]
            var kept: [SamplingState] = []
            var progress: [GenerationProgress] = []
            let whole = try pipeline.generate(request, references: references, start: start) {
                kept.append($0.state)
                progress.append($0.progress)
            }
            #expect(progress.map(\.step) == [1, 2, 3, 4] && progress.allSatisfy { $0.total == 4 })
            let again = try pipeline.generate(
                request, references: references, start: start, from: kept[1])
            #expect(again.elements == whole.elements)
            // What is known stays known, to rounding.
            let area = try #require(start.area)
            for target in 0..<2 {
                for pixel in 0..<area.mask.count where area.mask.floats[pixel] == 0 {
                    for channel in 0..<4 {
                        let made = whole.floats[(target * area.mask.count + pixel) * 4 + channel]
                        #expect(made == start.latent.floats[pixel * 4 + channel])
                    }
                }
            }
            #expect(throws: GenerationError.foreignState) {
                var later = request
                later.strength = 0.2
                _ = try pipeline.generate(later, references: references, start: start, from: kept[1])
            }
        }
    }

    @Test func whatCannotBeStartedFromIsRefused() throws {
        try Self.withPipeline("epsilon") { pipeline in
            var request = GenerationRequest(prompt: "a cat", model: pipeline.model)
            (request.mode, request.steps) = (.none, 2)
            for strength in [0, -0.5, 1.5, .nan] {
                request.strength = strength
                #expect { try pipeline.validate(request) } throws: {
                    if case .strength? = $0 as? GenerationError { true } else { false }
                }
            }
            request.strength = 0.5
            let small = pipeline.start(pixels: [UInt8](repeating: 9, count: 8 * 8 * 3), width: 8, height: 8)
            #expect { try pipeline.generate(request, start: small) } throws: {
                if case .start? = $0 as? GenerationError { true } else { false }
            }
        }
    }

    @Test func theIdentityCountsTheStart() throws {
        let tensors = try GoldenTensors(Goldens.directory.appendingPathComponent("start.safetensors"))
        try Self.withPipeline("epsilon") { pipeline in
            let request = try Self.request(Self.cases[0], pipeline.model)
            let (first, second) = (
                try Self.start(0, tensors, pipeline), try Self.start(5, tensors, pipeline)
            )
            var other = request
            other.strength = 0.1
            let identities = try [
                pipeline.identity(of: request, references: [], context: ""),
                pipeline.identity(of: request, references: [], start: first, context: ""),
                pipeline.identity(of: request, references: [], start: second, context: ""),
                pipeline.identity(
                    of: request, references: [], start: PictureStart(latent: second.latent), context: ""),
                pipeline.identity(of: other, references: [], start: first, context: ""),
            ]
            #expect(Set(identities).count == identities.count)
        }
    }
}
