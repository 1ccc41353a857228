import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Leaving out the text encoder's last layers, against transformers (make_clip_skip_goldens.py).
@Suite struct ClipSkipTests {
    @Test(arguments: ["epsilon", "plain-blocks"])
    func hiddenStatesAreThoseOfTransformers(_ name: String) throws {
        let golden = try GoldenCheckpoint(name, in: Goldens.directory)
        let expected = try GoldenTensors(Goldens.directory.appendingPathComponent("clip_skip.safetensors"))
        let inputs = try golden.networks()
        let shape = try inputs.shape("text_ids")
        let ids = try inputs.integers("text_ids")
        let captions = (0..<shape[0]).map { Array(ids[$0 * shape[1]..<($0 + 1) * shape[1]]) }
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            let encoder = try CLIPTextEncoder.load(folder: "\(folder.path)/text_encoder", on: CPUBackend())
            #expect(encoder.configuration.layers >= 2)
            for skipped in 0..<encoder.configuration.layers {
                let hidden = encoder(captions, skipping: skipped).elements
                let wanted = try expected.floats("\(name)/\(skipped)")
                #expect(relativeDifference(hidden, wanted) < 1e-4, "\(skipped) skipped")
            }
        }
    }

    @Test func aRequestSkipsLayers() throws {
        let golden = try GoldenCheckpoint("epsilon", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            let pipeline = Pipeline(try DiffusionModel(folder: folder.path, on: CPUBackend()))
            var request = GenerationRequest(prompt: "a photo of the cat", model: pipeline.model)
            (request.mode, request.steps) = (.none, 2)
            let plain = try pipeline.generate(request).elements
            request.clipSkip = 1
            #expect(try pipeline.generate(request).elements == plain)
            request.clipSkip = 2
            #expect(relativeDifference(try pipeline.generate(request).elements, plain) > 1e-3)
            for refused in [0, -1, 3] {
                request.clipSkip = refused
                #expect(throws: GenerationError.clipSkip(refused, layers: 2)) {
                    try pipeline.validate(request)
                }
            }
        }
    }
}
