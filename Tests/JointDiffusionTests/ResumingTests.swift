import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// A walk that is gone on with from a kept state ends on the same bits as one that was never interrupted.
@Suite struct ResumingTests {
    /// A sampler, a mode and a guidance, on a checkpoint that has what they need.
    struct Case: Sendable, CustomTestStringConvertible {
        let sampler: SamplerKind
        let mode: ReferenceMode
        let imageGuidance: Double?

        var testDescription: String {
            "\(sampler.rawValue) \(mode.rawValue) \(imageGuidance == nil ? 2 : 3) branches"
        }
    }

    static let cases = SamplerKind.allCases.flatMap { sampler in
        ReferenceMode.allCases.flatMap { mode in
            [nil, 1.5].map { Case(sampler: sampler, mode: mode, imageGuidance: $0) }
        }
    }

    static let steps = 6

    /// Loads a golden checkpoint, as often as asked, each time on a backend of its own.
    private static func withModels(_ name: String, _ body: (() throws -> Pipeline) throws -> Void) throws {
        let golden = try GoldenCheckpoint(name, in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            try body { Pipeline(try DiffusionModel(folder: folder.path, on: CPUBackend())) }
        }
    }

    /// Two references of the model's own size.
    private static func references(_ model: DiffusionModel) -> [Pipeline.Reference] {
        let shape: Shape = [
            1, model.height / model.vae.downscale, model.width / model.vae.downscale,
            model.vae.latentChannels,
        ]
        return (1...2).map { number in
            Pipeline.Reference(
                latent: Tensor(normal: shape, seed: UInt64(100 + number), on: model.backend),
                noiseSeed: UInt64(number))
        }
    }

    private static func request(_ asked: Case, _ model: DiffusionModel) -> GenerationRequest {
        var request = GenerationRequest(prompt: "a photo of the cat", model: model, seeds: [7])
        request.sampler = asked.sampler
        request.mode = asked.mode
        request.steps = steps
        request.guidance = 3
        request.imageGuidance = asked.imageGuidance
        return request
    }

    /// In a new pipeline on a new backend, from bytes: as another process would.
    @Test(arguments: cases) func goesOnToTheSameBits(_ asked: Case) throws {
        try Self.withModels("known-v") { load in
            var kept: [[UInt8]] = []
            let pipeline = try load()
            let request = Self.request(asked, pipeline.model)
            let references = Self.references(pipeline.model)
            let identity = try pipeline.identity(of: request, references: references, context: "test")
            let whole = try pipeline.generate(request, references: references) {
                kept.append($0.state.bytes(identity: identity))
            }
            let pixels = try pipeline.decode(whole)
            #expect(kept.count == Self.steps)
            for step in [1, 2, 5, Self.steps] {
                let pipeline = try load()
                let references = Self.references(pipeline.model)
                let state = try SamplingState(
                    kept[step - 1],
                    identity: try pipeline.identity(of: request, references: references, context: "test"),
                    on: pipeline.model.backend)
                #expect(state.step == step)
                var done: [Int] = []
                let latents = try pipeline.generate(request, references: references, from: state) {
                    done.append($0.progress.step)
                }
                #expect(done == Array((step + 1)..<(Self.steps + 1)))
                #expect(
                    latents.elements.map(\.bitPattern) == whole.elements.map(\.bitPattern),
                    "from step \(step)")
                #expect(try pipeline.decode(latents) == pixels)
            }
        }
    }

    /// What the samplers say of the clean latent is where the walk ends: after the last step nothing is left to do.
    @Test(arguments: SamplerKind.allCases) func theLastCleanLatentIsTheResult(_ sampler: SamplerKind) throws {
        try Self.withModels("epsilon") { load in
            let pipeline = try load()
            let request = Self.request(
                Case(sampler: sampler, mode: .none, imageGuidance: nil), pipeline.model)
            var clean: [Float] = []
            let latents = try pipeline.generate(request) {
                clean = $0.cleanLatents.elements
            }
            // DDIM and the others of diffusers may end at the noise level of the first timestep, not at none.
            #expect(relativeDifference(clean, latents.elements) < 0.1)
        }
    }

    @Test func bytesThatAreNotWholeAreRefused() throws {
        try Self.withModels("epsilon") { load in
            let pipeline = try load()
            let backend = pipeline.model.backend
            var kept: SamplingState?
            let request = Self.request(
                Case(sampler: .unipc, mode: .none, imageGuidance: nil), pipeline.model)
            _ = try pipeline.generate(request) { if $0.progress.step == 3 { kept = $0.state } }
            let state = try #require(kept)
            let identity = [UInt8](repeating: 5, count: 32)
            let bytes = state.bytes(identity: identity)
            #expect(try SamplingState(bytes, identity: identity, on: backend).history.count == 3)
            for length in 0..<bytes.count {
                #expect(throws: SamplingStateError.damaged) {
                    try SamplingState(Array(bytes.prefix(length)), identity: identity, on: backend)
                }
            }
            for index in stride(from: 0, to: bytes.count, by: 7) {
                var damaged = bytes
                damaged[index] ^= 0x10
                #expect(throws: SamplingStateError.damaged) {
                    try SamplingState(damaged, identity: identity, on: backend)
                }
            }
            #expect(throws: SamplingStateError.foreign) {
                try SamplingState(bytes, identity: [UInt8](repeating: 6, count: 32), on: backend)
            }
            // A request of another size cannot go on from it.
            var other = request
            other.width *= 2
            #expect(throws: GenerationError.foreignState) { try pipeline.generate(other, from: state) }
        }
    }

    /// A picture's noise is its own: what else is made with it does not matter.
    @Test(arguments: [SamplerKind.eulerAncestral, .dpmpp2MSDE, .lcm])
    func noiseOnTheWayIsThePicturesOwn(_ sampler: SamplerKind) throws {
        try Self.withModels("epsilon") { load in
            let pipeline = try load()
            var request = Self.request(
                Case(sampler: sampler, mode: .none, imageGuidance: nil), pipeline.model)
            request.seeds = [3, 8, 8]
            let set = try pipeline.generate(request)
            request.seeds = [8]
            let alone = try pipeline.generate(request)
            #expect(relativeDifference(set[rows: 1..<2].elements, alone.elements) < 1e-4)
            #expect(relativeDifference(set[rows: 2..<3].elements, alone.elements) < 1e-4)
            #expect(relativeDifference(set[rows: 0..<1].elements, alone.elements) > 0.1)
            // And each step's.
            let rows = (0..<6).map { RandomSource.seed(8, stream: $0) }
            #expect(Set(rows + [8]).count == 7)
            let shape = alone.shape
            let given = (0..<6).map {
                Tensor(normal: shape, seed: rows[$0], on: pipeline.model.backend)
            }
            let noise = Pipeline.Noise(
                targets: Tensor(normal: shape, seed: 8, on: pipeline.model.backend), references: nil,
                steps: given)
            #expect(try pipeline.generate(request, noise: noise).elements == alone.elements)
        }
    }

    @Test(arguments: [0.3, 1]) func etaGoesOnToTheSameBits(_ eta: Double) throws {
        try Self.withModels("epsilon") { load in
            let pipeline = try load()
            var request = Self.request(
                Case(sampler: .ddim, mode: .none, imageGuidance: nil), pipeline.model)
            let plain = try pipeline.generate(request).elements
            request.eta = eta
            var kept: SamplingState?
            let whole = try pipeline.generate(request) { if $0.progress.step == 2 { kept = $0.state } }
            #expect(whole.elements != plain)
            let state = try #require(kept)
            #expect(try pipeline.generate(request, from: state).elements == whole.elements)
        }
    }

    @Test func theIdentityTellsApartWhatDecidesThePicture() throws {
        try Self.withModels("known-v") { load in
            let pipeline = try load()
            let references = Self.references(pipeline.model)
            let request = Self.request(
                Case(sampler: .ddim, mode: .cached, imageGuidance: nil), pipeline.model)
            var identities: Set<[UInt8]> = [
                try pipeline.identity(of: request, references: references, context: "a"),
                try pipeline.identity(of: request, references: references, context: "b"),
                try pipeline.identity(of: request, references: references.reversed(), context: "a"),
                try pipeline.identity(of: request, references: [references[0]], context: "a"),
            ]
            let changes: [(inout GenerationRequest) -> Void] = [
                { $0.prompt = "another" }, { $0.negativePrompt = "night" }, { $0.seeds = [8] },
                { $0.steps = 7 }, { $0.sampler = .euler }, { $0.mode = .joint }, { $0.guidance = 2 },
                { $0.imageGuidance = 2 }, { $0.width *= 2 }, { $0.height *= 2 }, { $0.eta = 0.5 },
            ]
            for change in changes {
                var other = request
                change(&other)
                identities.insert(try pipeline.identity(of: other, references: references, context: "a"))
            }
            #expect(identities.count == 4 + changes.count)
            #expect(
                try pipeline.identity(of: request, references: references, context: "a")
                    == pipeline.identity(of: request, references: references, context: "a"))
        }
    }
}
