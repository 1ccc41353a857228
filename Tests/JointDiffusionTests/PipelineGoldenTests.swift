import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Whole trajectories in every mode agree with the reference program to 1e-3 (goldens: make_pipeline_goldens.py).
@Suite struct PipelineGoldenTests {
    @Test(arguments: try GoldenCheckpoint.all(in: Goldens.directory))
    func trajectories(_ golden: GoldenCheckpoint) throws {
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            let backend = CPUBackend()
            let model = try DiffusionModel(folder: folder.path, on: backend)
            for golden in try golden.cases() { try compare(golden, Pipeline(model)) }
        }
    }

    private func compare(_ golden: GoldenCase, _ pipeline: Pipeline) throws {
        let model = pipeline.model
        let asked = golden.request
        var request = GenerationRequest(
            prompt: asked.prompt, model: model, seeds: Array(repeating: 0, count: asked.targets))
        request.negativePrompt = asked.negative
        request.mode = try #require(ReferenceMode(rawValue: asked.mode))
        request.sampler = try SamplerKind(name: asked.sampler)
        request.steps = asked.steps
        request.guidance = Double(asked.guidance)
        request.imageGuidance = asked.imageGuidance.map(Double.init)
        (request.width, request.height) = (asked.width, asked.height)

        let references = try golden.references().map { pixels in
            Pipeline.Reference(
                latent: pipeline.encode(pixels: pixels, width: asked.width, height: asked.height),
                noiseSeed: 0)
        }
        if !references.isEmpty {
            let latents = Tensor.concatenatingRows(references.map(\.latent)).channelsFirst().elements
            let expected = try golden.tensors.floats("reference_latent")
            #expect(relativeDifference(latents, expected) < 1e-4, "\(golden): reference latents")
        }

        let rows = try noise("noise", golden, on: model.backend)
        let inSet = request.mode == .joint ? references.count : 0
        let own = inSet > 0 ? rows[rows: 0..<inSet] : nil
        let matched = request.mode == .matched && !references.isEmpty
        let given = Pipeline.Noise(
            targets: rows[rows: inSet..<rows.shape[0]],
            references: matched ? try noise("reference_noise", golden, on: model.backend) : own)
        let latent = try pipeline.generate(request, references: references, noise: given)
        let expected = try golden.tensors.floats("latent")
        #expect(relativeDifference(latent.channelsFirst().elements, expected) < 1e-3, "\(golden)")
    }

    private func noise(_ name: String, _ golden: GoldenCase, on backend: any Backend) throws -> Tensor {
        let shape = Shape(try golden.tensors.shape(name))
        return Tensor(try golden.tensors.floats(name), shape: shape, on: backend).channelsLast()
    }
}
