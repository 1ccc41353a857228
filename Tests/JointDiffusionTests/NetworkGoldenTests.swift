import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Every network alone agrees with diffusers and transformers to 1e-4 (goldens: make_pipeline_goldens.py).
@Suite struct NetworkGoldenTests {
    static let tolerance = 1e-4

    static let configurations = [
        CPUConfiguration(threads: 2),
        CPUConfiguration(threads: 1, instructionSet: .generic, usesOneDNN: false),
    ]

    @Test(arguments: try GoldenCheckpoint.all(in: Goldens.directory), configurations)
    func networks(_ golden: GoldenCheckpoint, _ configuration: CPUConfiguration) throws {
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            let backend = CPUBackend(configuration)
            let expected = try golden.networks()
            let text = try textEncoder(folder, expected, backend)
            try unet(folder, expected, text, backend)
            try autoencoder(folder, expected, backend)
        }
    }

    private func textEncoder(_ folder: URL, _ expected: GoldenTensors, _ backend: CPUBackend) throws -> Tensor
    {
        let encoder = try CLIPTextEncoder.load(folder: folder.path + "/text_encoder", on: backend)
        let shape = try expected.shape("text_ids")
        let ids = try expected.integers("text_ids")
        let hidden = encoder((0..<shape[0]).map { Array(ids[$0 * shape[1]..<($0 + 1) * shape[1]]) })
        let difference = relativeDifference(hidden.elements, try expected.floats("text_hidden"))
        #expect(difference < Self.tolerance, "text encoder")
        return hidden
    }

    private func unet(
        _ folder: URL, _ expected: GoldenTensors, _ context: Tensor, _ backend: CPUBackend
    ) throws {
        let unet = try UNet.load(folder: folder.path + "/unet", on: backend)
        let sample = try tensor("unet_sample", expected, backend)
        let count = sample.shape[0]
        let output = unet(
            sample.channelsLast(), timesteps: try expected.floats("unet_timestep").map(Double.init),
            context: Captions(embeddings: context, ofImage: Array(0..<count)),
            coupling: .alone(images: count))
        let difference = relativeDifference(
            output.channelsFirst().elements, try expected.floats("unet_output"))
        #expect(difference < Self.tolerance, "U-Net")
    }

    private func autoencoder(_ folder: URL, _ expected: GoldenTensors, _ backend: CPUBackend) throws {
        let vae = try Autoencoders.load(folder: folder.path + "/vae", on: backend)
        let config = try ConfigFile(path: folder.path + "/vae/config.json")
        let scale = Float(try config.double("scaling_factor", default: 1))
        let image = try expected.bytes("vae_image").map { Float($0) / 127.5 - 1 }
        let size = try expected.shape("vae_image")
        let latent = vae.encode(Tensor(image, shape: [1, size[0], size[1], 3], on: backend))
        let mean = try expected.floats("vae_mean").map { $0 * scale }
        #expect(
            relativeDifference(latent.channelsFirst().elements, mean) < Self.tolerance, "VAE encoder")
        let pixels = vae.decode(scale * (try tensor("vae_latent", expected, backend)).channelsLast())
        let difference = relativeDifference(
            pixels.channelsFirst().elements, try expected.floats("vae_decoded"))
        #expect(difference < Self.tolerance, "VAE decoder")
    }

    /// At sizes where convolutions go by tiles the U-Net gives what it gives without; that is held to diffusers above.
    @Test(arguments: configurations, [(27, 29), (46, 47)])
    func largeLatents(_ configuration: CPUConfiguration, _ extents: (Int, Int)) throws {
        let golden = try GoldenCheckpoint("epsilon", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            func predicted(usesWinograd: Bool) throws -> [Float] {
                var configuration = configuration
                configuration.usesWinograd = usesWinograd
                let backend = CPUBackend(configuration)
                let unet = try UNet.load(folder: folder.path + "/unet", on: backend)
                let text = Tensor(
                    normal: [2, 7, unet.configuration.crossAttentionWidth], seed: 1, on: backend)
                return unet(
                    Tensor(normal: [2, extents.0, extents.1, 4], seed: 2, on: backend),
                    timesteps: [800, 800], context: Captions(embeddings: text, ofImage: [0, 1]),
                    coupling: .alone(images: 2)
                ).elements
            }
            let (tiles, direct) = (try predicted(usesWinograd: true), try predicted(usesWinograd: false))
            #expect(tiles != direct)
            #expect(relativeDifference(tiles, direct) < 1e-5)
        }
    }

    private func tensor(_ name: String, _ tensors: GoldenTensors, _ backend: CPUBackend) throws -> Tensor {
        Tensor(try tensors.floats(name), shape: Shape(try tensors.shape(name)), on: backend)
    }
}
