import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// A model with another VAE than its own.
@Suite struct ExternalAutoencoderTests {
    private static func load(_ folder: URL, _ vae: String?) throws -> DiffusionModel {
        try DiffusionModel(
            ModelSource(path: folder.path, autoencoder: vae), on: CPUBackend(CPUConfiguration(threads: 1)))
    }

    private static func withModel(_ body: (URL) throws -> Void) throws {
        try CheckpointWriter.withFolder(
            of: GoldenCheckpoint("epsilon", in: Goldens.directory), goldens: Goldens.directory, body)
    }

    private static func decoded(_ model: DiffusionModel) -> [Float] {
        model.vae.decode(Tensor(normal: [1, 4, 6, 4], seed: 5, on: model.backend)).elements
    }

    /// AutoencoderKL and AutoencoderTiny, each from its folder and from its model's.
    @Test(arguments: ["deep-vae", "tiny-v"])
    func aFolderTakesThePlaceOfTheModelsOwn(_ name: String) throws {
        let other = try GoldenCheckpoint(name, in: Goldens.directory)
        try CheckpointWriter.withFolder(of: other, goldens: Goldens.directory) { second in
            let expected = try DiffusionModel(
                folder: second.path, on: CPUBackend(CPUConfiguration(threads: 1)))
            try Self.withModel { folder in
                let own = try Self.load(folder, nil)
                for path in [second.path, second.path + "/vae"] {
                    let model = try Self.load(folder, path)
                    #expect(Self.decoded(model) == Self.decoded(expected))
                    #expect(model.vae.downscale == expected.vae.downscale)
                    #expect(Self.decoded(model) != Self.decoded(own))
                    #expect(model.memory(precision: .float32) != own.memory(precision: .float32))
                    // The small picture of latents is the other one's as well.
                    let latents = Tensor(normal: [1, 4, 4, 4], seed: 1, on: model.backend)
                    let preview = LatentPreview(of: model).image(of: latents)
                    #expect(preview != nil && preview != LatentPreview(of: own).image(of: latents))
                }
            }
        }
    }

    /// The names that VAEs are passed on with: without a prefix, or as part of a whole checkpoint.
    @Test(arguments: ["", "first_stage_model."])
    func aFileInTheOriginalLayoutTakesThePlace(_ prefix: String) throws {
        let golden = try OriginalGolden("sd1")
        try golden.withFile { tensors in
            guard prefix.isEmpty else { return }
            let whole = "first_stage_model."
            tensors = tensors.filter { $0.name.hasPrefix(whole) }
                .map { (String($0.name.dropFirst(whole.count)), $0.tensor) }
        } _: { file in
            let expected = try golden.withFile {
                try Self.decoded(
                    DiffusionModel(
                        ModelSource(path: $0.path), on: CPUBackend(CPUConfiguration(threads: 1))))
            }
            try Self.withModel { folder in
                let model = try Self.load(folder, file.path)
                #expect(Self.decoded(model) == expected)
            }
        }
    }

    @Test func whatIsMissingOrLeftOverIsNamedAsTheFileHasIt() throws {
        let whole = "first_stage_model."
        func failure(_ change: (inout OriginalGolden.Tensors) -> Void) throws -> CheckpointError? {
            try OriginalGolden("sd1").withFile { tensors in
                tensors = tensors.filter { $0.name.hasPrefix(whole) }
                    .map { (String($0.name.dropFirst(whole.count)), $0.tensor) }
                change(&tensors)
            } _: { file in
                var error: CheckpointError?
                try Self.withModel { folder in
                    error = #expect(throws: CheckpointError.self) { try Self.load(folder, file.path) }
                }
                return error
            }
        }
        let missing = try failure { $0.removeAll { $0.name == "decoder.up.1.upsample.conv.bias" } }
        guard case .missingTensor(_, "decoder.up.1.upsample.conv.bias")? = missing else {
            Issue.record("\(String(describing: missing))")
            return
        }
        let unexpected = try failure { $0.append(("decoder.more", $0[0].tensor)) }
        guard case .unexpectedTensors(_, ["decoder.more"])? = unexpected else {
            Issue.record("\(String(describing: unexpected))")
            return
        }
    }

    /// Eight channels of latents, where the U-Net makes four.
    @Test func anotherKindOfLatentsIsRefused() throws {
        let other = try GoldenCheckpoint("known-tiny", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: other, goldens: Goldens.directory) { second in
            try Self.withModel { folder in
                let error = #expect(throws: CheckpointError.self) { try Self.load(folder, second.path) }
                let message = "\(try #require(error))"
                #expect(message.contains("in_channels"))
                #expect { try Self.load(folder, "/nowhere") } throws: {
                    "\($0)".contains("/nowhere/config.json")
                }
            }
        }
    }

    @Test func theHashCountsIt() throws {
        let other = try GoldenCheckpoint("tiny-v", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: other, goldens: Goldens.directory) { second in
            try Self.withModel { folder in
                func hash(_ vae: String?) throws -> String {
                    try ModelHash.compute(ModelSource(path: folder.path, autoencoder: vae))
                }
                let plain = try hash(nil)
                let changed = try hash(second.path)
                #expect(plain != changed)
                #expect(try hash(second.path + "/vae") == changed)
                let weights = second.appendingPathComponent("vae/diffusion_pytorch_model.safetensors")
                var data = try Data(contentsOf: weights)
                data[data.count - 1] ^= 1
                try data.write(to: weights)
                #expect(try hash(second.path) != changed)
            }
        }
    }
}
