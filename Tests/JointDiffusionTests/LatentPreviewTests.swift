import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Pictures of latents on their way.
@Suite struct LatentPreviewTests {
    /// Within a rounding of what is expected, -1...1.
    private func isNear(_ image: LatentPreview.Image?, _ expected: Tensor) throws {
        let image = try #require(image)
        #expect([1, image.height, image.width, 3] == expected.shape.dimensions)
        let furthest = zip(image.pixels, expected.elements).map { pixel, value in
            abs(Float(pixel) - (min(max(value, -1), 1) + 1) * 127.5)
        }.max()
        #expect(try #require(furthest) < 0.52)
    }

    private func tensor(_ name: String, _ golden: GoldenTensors, on backend: any Backend) throws -> Tensor {
        Tensor(try golden.floats(name), shape: Shape(try golden.shape(name)), on: backend).channelsLast()
    }

    /// The published decoder needs no encoder beside it.
    @Test func aTinyDecoderMakesWhatDiffusersDoes() throws {
        let golden = try TinyAutoencoderGolden(in: Goldens.directory)
        try TinyAutoencoderTests.withModel { folder, place in
            let model = try TinyAutoencoderTests.load(folder)
            let path = place.appendingPathComponent("taesd_decoder.safetensors").path
            try SafetensorsWriter.write(golden.tensors("decoder"), to: path)
            let preview = try LatentPreview(of: model, decoder: path)
            let latents = try tensor("latents", golden.outputs, on: model.backend)
            try isNear(preview.image(of: latents), tensor("decoded", golden.outputs, on: model.backend))
            // Of several the first.
            let several = Tensor.concatenatingRows([latents, 0.5 * latents])
            #expect(preview.image(of: several) == preview.image(of: latents))
            #expect(preview.image(of: Float.infinity * latents) == nil)
        }
    }

    /// A folder says how its latents are scaled, here by 2.
    @Test func aFoldersScaleCounts() throws {
        let tiny = try GoldenCheckpoint("tiny-v", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: tiny, goldens: Goldens.directory) { second in
            try TinyAutoencoderTests.withModel { folder, _ in
                let model = try TinyAutoencoderTests.load(folder)
                let networks = try tiny.networks()
                let latents = 2 * (try tensor("vae_latent", networks, on: model.backend))
                let expected = try tensor("vae_decoded", networks, on: model.backend)
                for path in [second.path + "/vae", second.path] {
                    try isNear(LatentPreview(of: model, decoder: path).image(of: latents), expected)
                }
                // A model of that VAE needs to be told nothing.
                let own = try TinyAutoencoderTests.load(second)
                try isNear(
                    LatentPreview(of: own).image(
                        of: tensor("vae_latent", networks, on: own.backend).scaled(by: 2, plus: 0)),
                    expected)
            }
        }
    }

    @Test func withoutOneItIsTheLatentsColours() throws {
        try TinyAutoencoderTests.withModel { folder, _ in
            let model = try TinyAutoencoderTests.load(folder)
            let latents = Tensor(normal: [1, 5, 6, 4], seed: 1, on: model.backend)
            let image = try #require(LatentPreview(of: model).image(of: latents))
            #expect((image.width, image.height) == (6, 5))
        }
    }

    @Test func anotherKindOfLatentsIsRefused() throws {
        let golden = try TinyAutoencoderGolden(in: Goldens.directory)
        try TinyAutoencoderTests.withModel("known-tiny") { folder, place in
            let model = try TinyAutoencoderTests.load(folder)
            let path = place.appendingPathComponent("taesd_decoder.safetensors").path
            try SafetensorsWriter.write(golden.tensors("decoder"), to: path)
            let error = #expect(throws: CheckpointError.self) { try LatentPreview(of: model, decoder: path) }
            let message = "\(try #require(error))"
            #expect(message.contains(path) && message.contains("'latent_channels' is 4"))
            #expect(message.contains("8, the model's"))
            #expect { try LatentPreview(of: model, decoder: "/nowhere") } throws: {
                "\($0)".contains("/nowhere/config.json")
            }
        }
    }

    @Test func aLargeVAEIsRefused() throws {
        try TinyAutoencoderTests.withModel { folder, _ in
            let model = try TinyAutoencoderTests.load(folder)
            #expect { try LatentPreview(of: model, decoder: folder.path) } throws: {
                "\($0)".contains("'_class_name' is AutoencoderKL")
            }
        }
    }
}
