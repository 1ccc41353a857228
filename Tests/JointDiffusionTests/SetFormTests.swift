import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Weights take another form for the passes of sets, and back: no picture is to follow what was made before it.
@Suite struct SetFormTests {
    private static func withPipelines(_ body: (() throws -> Pipeline) throws -> Void) throws {
        let golden = try GoldenCheckpoint("epsilon", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            try body { Pipeline(try DiffusionModel(folder: folder.path, on: CPUBackend())) }
        }
    }

    /// 14x14 latents: too few for tiles by themselves, enough as four.
    private static func picture(_ mode: ReferenceMode, _ pipeline: Pipeline) throws -> [Float] {
        let side = 14 * pipeline.model.vae.downscale
        var request = GenerationRequest(prompt: "a cat", model: pipeline.model, seeds: [7])
        (request.mode, request.steps, request.width, request.height) = (mode, 2, side, side)
        let references = (0..<3).map { seed in
            Pipeline.Reference(
                latent: Tensor(normal: [1, 14, 14, 4], seed: 10 + seed, on: pipeline.model.backend),
                noiseSeed: seed)
        }
        return try pipeline.generate(request, references: references).elements
    }

    @Test func picturesDoNotFollowWhatWasMadeBefore() throws {
        try Self.withPipelines { pipeline in
            let (first, second) = (try pipeline(), try pipeline())
            let modes: [ReferenceMode] = [.joint, .none, .cached, .joint]
            let forward = try modes.map { try Self.picture($0, first) }
            let backward = try modes.reversed().map { try Self.picture($0, second) }
            #expect(forward == backward.reversed())
            #expect(forward[0] == forward[3] && forward[0] != forward[2] && forward[1] != forward[2])
        }
    }

    /// After a set's walk single images have the form that is theirs.
    @Test func setsAloneHaveThatForm() throws {
        try Self.withPipelines { pipeline in
            let pipeline = try pipeline()
            let unet = pipeline.model.unet
            func forward() -> [Float] {
                unet(
                    Tensor(normal: [1, 14, 14, 4], seed: 1, on: pipeline.model.backend), timesteps: [500],
                    context: Captions(
                        embeddings: Tensor(
                            normal: [1, 7, unet.configuration.crossAttentionWidth], seed: 2,
                            on: pipeline.model.backend), ofImage: [0]),
                    coupling: .alone(images: 1)
                ).elements
            }
            let before = forward()
            pipeline.model.backend.imagesPerPass = 4
            #expect(forward() != before)
            pipeline.model.backend.imagesPerPass = 1
            _ = try Self.picture(.joint, pipeline)
            #expect(forward() == before)
        }
    }
}
