import Foundation
import Tensors
import TestSupport
import Testing

import JointDiffusion

/// Attending to a part of the references' tokens.
@Suite struct ReferenceTokenTests {
    private static func with(_ precision: Precision = .float32, _ body: (Pipeline) throws -> Void) throws {
        let golden = try GoldenCheckpoint("known-v", in: Goldens.directory)
        let backend = CPUBackend(CPUConfiguration(precision: precision, narrows: true))
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            try body(Pipeline(try DiffusionModel(folder: folder.path, on: backend)))
        }
    }

    private static func references(_ pipeline: Pipeline) -> [Pipeline.Reference] {
        let model = pipeline.model
        let shape: Shape = [
            1, model.height / model.vae.downscale, model.width / model.vae.downscale,
            model.vae.latentChannels,
        ]
        return (1...2).map {
            Pipeline.Reference(
                latent: Tensor(normal: shape, seed: UInt64(100 + $0), on: model.backend),
                noiseSeed: UInt64($0))
        }
    }

    private static func request(_ mode: ReferenceMode, _ share: Double?, _ pipeline: Pipeline)
        -> GenerationRequest
    {
        var request = GenerationRequest(prompt: "a photo of the cat", model: pipeline.model, seeds: [7, 8])
        (request.mode, request.steps, request.guidance, request.imageGuidance) = (mode, 7, 3, 2)
        request.referenceTokens = share
        return request
    }

    private static func bits(_ tensor: Tensor) -> [UInt32] { tensor.elements.map(\.bitPattern) }

    @Test(arguments: [ReferenceMode.cached, .matched]) func allOfThemAreAll(_ mode: ReferenceMode) throws {
        try Self.with { pipeline in
            let references = Self.references(pipeline)
            let plain = try pipeline.generate(Self.request(mode, nil, pipeline), references: references)
            let all = try pipeline.generate(Self.request(mode, 1, pipeline), references: references)
            #expect(Self.bits(all) == Self.bits(plain))
        }
    }

    /// More tokens come nearer, and those that count least are the farthest from all.
    @Test(arguments: [ReferenceMode.cached, .matched], [Precision.float32, .bfloat16])
    func moreComeNearer(_ mode: ReferenceMode, _ precision: Precision) throws {
        try Self.with(precision) { pipeline in
            let references = Self.references(pipeline)
            let plain = try pipeline.generate(Self.request(mode, nil, pipeline), references: references)
            let none = try pipeline.generate(Self.request(.none, nil, pipeline), references: [])
            let differences = try [0.05, 0.9].map { share in
                relativeDifference(
                    try pipeline.generate(Self.request(mode, share, pipeline), references: references)
                        .elements,
                    plain.elements)
            }
            #expect(differences[1] > 0 && differences[1] < differences[0])
            #expect(differences[1] < relativeDifference(none.elements, plain.elements))
        }
    }

    /// A walk is gone on with from where the tokens are counted anyway, to the same bits: from each step a state is at hand.
    @Test func goingOn() throws {
        try Self.with { pipeline in
            let request = Self.request(.cached, 0.5, pipeline)
            let references = Self.references(pipeline)
            var states: [SamplingState] = []
            let whole = try pipeline.generate(request, references: references) { step in
                #expect(step.stateProgress.step == step.state.step)
                states.append(step.state)
            }
            #expect(states.map(\.step) == [0, 0, 0, 0, 5, 5, 7])
            for state in [states[2], states[4], states[6]] {
                let again = try pipeline.generate(request, references: references, from: state)
                #expect(Self.bits(again) == Self.bits(whole))
            }
        }
    }

    @Test func sharesThatMeanNothing() throws {
        try Self.with { pipeline in
            for share in [0, -1, 1.01, .nan] {
                let error = #expect(throws: GenerationError.self) {
                    try pipeline.generate(
                        Self.request(.cached, share, pipeline), references: Self.references(pipeline))
                }
                #expect(error?.description.contains("at most 1") == true)
            }
            #expect(throws: GenerationError.referenceTokensInJointMode) {
                try pipeline.validate(Self.request(.joint, 0.5, pipeline))
            }
        }
    }

    /// The tokens with the largest weights, of whichever reference, in their old order.
    @Test func whatIsChosen() throws {
        let backend = CPUBackend()
        // One head of one channel: a query of 1 over keys k gives weights that grow with k.
        let keys = [[3, -9, 1], [-9, 2, -9, 4]] as [[Float]]
        let entries = keys.map { keys in
            let tensor = Tensor(keys, shape: [keys.count, 1], on: backend)
            return ReferenceKeysValues(layers: [KeysValues(keys: tensor, values: 10 * tensor)])
        }
        let own = Tensor([5], shape: [1, 1], on: backend)
        let counter = ReferenceTokenCounter()
        counter.observe(
            Tensor([1], shape: [1, 1, 1], on: backend),
            keysValues: [[KeysValues(keys: own, values: own)] + entries.map { $0.layers[0] }],
            sets: [Coupling.ImageSet(images: 1, references: entries)], layer: 0, heads: 1)
        let selection = ReferenceTokenSelection(counter, share: 0.5)
        #expect(selection.places == [[[0, 2], [1, 3]]])
        let left = ReferenceTokenSelection(counter, share: 3.0 / 7)(entries)
        #expect(left.map { $0.layers[0].keys.elements } == [[3], [2, 4]])
        #expect(left.map { $0.layers[0].values.elements } == [[30], [20, 40]])
    }

    @Test(arguments: [1, 63, 64, 65, 256, 4096, 9216]) func askedTokensAreSpread(_ tokens: Int) {
        let places = ReferenceTokenCounter.places(of: tokens)
        #expect(places.count == min(tokens, 64) && places.allSatisfy { (0..<tokens).contains($0) })
        if tokens <= 64 || tokens >= 256 { #expect(Set(places).count == places.count) }
        // A quarter of the picture has about a quarter of them.
        let first = places.count { $0 < tokens / 4 }
        #expect(abs(first - places.count / 4) <= 2)
    }
}
