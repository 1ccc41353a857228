import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// TAESD in its authors' own files, as a model's VAE.
@Suite struct TinyAutoencoderTests {
    typealias Tensors = TinyAutoencoderGolden.Tensors

    /// How the two halves lie in files, and which one is named.
    enum Layout: String, CaseIterable {
        case decoderOfTwo, encoderOfTwo, oneFile, oneFileOfOthers

        func write(_ golden: TinyAutoencoderGolden, to folder: URL) throws -> String {
            func file(_ name: String, _ tensors: Tensors) throws -> String {
                let path = folder.appendingPathComponent(name).path
                try SafetensorsWriter.write(tensors, to: path)
                return path
            }
            switch self {
            case .decoderOfTwo, .encoderOfTwo:
                let encoder = try file("taesd_encoder.safetensors", golden.tensors("encoder"))
                let decoder = try file("taesd_decoder.safetensors", golden.tensors("decoder"))
                return self == .decoderOfTwo ? decoder : encoder
            case .oneFile:
                return try file(
                    "taesd.safetensors",
                    golden.tensors("encoder", prefix: "encoder.")
                        + golden.tensors("decoder", prefix: "decoder."))
            case .oneFileOfOthers:
                let scale = Tensor([0.18215], shape: [1], on: CPUBackend(CPUConfiguration(threads: 1)))
                return try file(
                    "taesd.safetensors",
                    golden.tensors("encoder", prefix: "taesd_encoder.")
                        + golden.tensors("decoder", prefix: "taesd_decoder.") + [("vae_scale", scale)])
            }
        }
    }

    /// A model of four channels of latents, and an empty folder.
    static func withModel(
        _ name: String = "epsilon", _ body: (_ model: URL, _ folder: URL) throws -> Void
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "taesd-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try CheckpointWriter.withFolder(
            of: GoldenCheckpoint(name, in: Goldens.directory), goldens: Goldens.directory
        ) { try body($0, folder) }
    }

    static func load(_ model: URL, vae: String? = nil) throws -> DiffusionModel {
        try DiffusionModel(
            ModelSource(path: model.path, autoencoder: vae), on: CPUBackend(CPUConfiguration(threads: 2)))
    }

    @Test(arguments: Layout.allCases)
    func itsFilesAreWhatDiffusersMakesOfThem(_ layout: Layout) throws {
        let golden = try TinyAutoencoderGolden(in: Goldens.directory)
        try Self.withModel { folder, place in
            let model = try Self.load(folder, vae: try layout.write(golden, to: place))
            let size = try golden.outputs.shape("image")
            let pixels = try golden.outputs.bytes("image").map { Float($0) / 127.5 - 1 }
            let encoded = model.vae.encode(
                Tensor(pixels, shape: [1, size[0], size[1], 3], on: model.backend))
            #expect(
                relativeDifference(encoded.channelsFirst().elements, try golden.outputs.floats("encoded"))
                    < 1e-4)
            let latents = Tensor(
                try golden.outputs.floats("latents"), shape: Shape(try golden.outputs.shape("latents")),
                on: model.backend)
            let decoded = model.vae.decode(latents.channelsLast())
            #expect(
                relativeDifference(decoded.channelsFirst().elements, try golden.outputs.floats("decoded"))
                    < 1e-4)
        }
    }

    private func failure(
        _ side: String, _ change: (inout Tensors) -> Void
    ) throws -> CheckpointError? {
        let golden = try TinyAutoencoderGolden(in: Goldens.directory)
        var error: CheckpointError?
        try Self.withModel { folder, place in
            let path = try Layout.decoderOfTwo.write(golden, to: place)
            var tensors = golden.tensors(side)
            change(&tensors)
            try SafetensorsWriter.write(
                tensors, to: place.appendingPathComponent("taesd_\(side).safetensors").path)
            error = #expect(throws: CheckpointError.self) { try Self.load(folder, vae: path) }
        }
        return error
    }

    @Test(arguments: [("encoder", "3.conv.2.bias"), ("decoder", "4.conv.2.bias"), ("decoder", "6.weight")])
    func whatIsMissingIsNamedAsTheFileHasIt(_ side: String, _ name: String) throws {
        let error = try failure(side) { $0.removeAll { $0.name == name } }
        guard case .missingTensor(let file, name)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file.hasSuffix("taesd_\(side).safetensors"))
    }

    @Test(arguments: ["encoder", "decoder"])
    func whatIsLeftOverIsNamed(_ side: String) throws {
        for name in ["40.weight", "more", "-1.weight"] {
            let error = try failure(side) { $0.append((name, $0[0].tensor)) }
            guard case .unexpectedTensors(let file, [name])? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(file.hasSuffix("taesd_\(side).safetensors"))
        }
    }

    @Test func halvesThatDoNotBelongTogetherAreRefused() throws {
        let latents = try failure("encoder") { tensors in
            for index in tensors.indices where tensors[index].name.hasPrefix("8.") {
                tensors[index].tensor = Tensor.concatenatingRows([
                    tensors[index].tensor, tensors[index].tensor,
                ])
            }
        }
        #expect("\(try #require(latents))".contains("taesd_encoder.safetensors"))
    }

    @Test func aDecoderAloneIsNoVAE() throws {
        let golden = try TinyAutoencoderGolden(in: Goldens.directory)
        try Self.withModel { folder, place in
            let path = try Layout.decoderOfTwo.write(golden, to: place)
            try FileManager.default.removeItem(at: place.appendingPathComponent("taesd_encoder.safetensors"))
            #expect { try Self.load(folder, vae: path) } throws: {
                "\($0)".contains("taesd_encoder.safetensors is missing")
            }
        }
    }

    /// Its `config.json` says how latents are scaled; the weights alone do not.
    @Test func theWeightsOfADiffusersFolderNeedTheFolder() throws {
        try Self.withModel("tiny-v") { folder, _ in
            let weights = folder.path + "/vae/diffusion_pytorch_model.safetensors"
            #expect { try Self.load(folder, vae: weights) } throws: { "\($0)".contains("name the folder") }
        }
    }

    @Test func theHashCountsBothFiles() throws {
        let golden = try TinyAutoencoderGolden(in: Goldens.directory)
        try Self.withModel { folder, place in
            func hash(_ layout: Layout) throws -> String {
                try ModelHash.compute(
                    ModelSource(path: folder.path, autoencoder: try layout.write(golden, to: place)))
            }
            let both = try hash(.decoderOfTwo)
            #expect(try hash(.encoderOfTwo) == both)
            let path = try Layout.decoderOfTwo.write(golden, to: place)
            let encoder = place.appendingPathComponent("taesd_encoder.safetensors")
            var data = try Data(contentsOf: encoder)
            data[data.count - 1] ^= 1
            try data.write(to: encoder)
            #expect(try ModelHash.compute(ModelSource(path: folder.path, autoencoder: path)) != both)
        }
    }
}
