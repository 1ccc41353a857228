import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// A file in the original layout is the model of the diffusers folder that it was renamed from.
@Suite struct OriginalCheckpointTests {
    private static func load(_ file: URL) throws -> DiffusionModel {
        try DiffusionModel(ModelSource(path: file.path), on: CPUBackend(CPUConfiguration(threads: 1)))
    }

    @Test(arguments: OriginalGolden.all)
    func theArchitectureFollowsFromTheShapes(_ name: String) throws {
        let golden = try OriginalGolden(name)
        try CheckpointWriter.withFolder(of: golden.checkpoint, goldens: Goldens.directory) { folder in
            let expected = try DiffusionModel(
                folder: folder.path, on: CPUBackend(CPUConfiguration(threads: 1)))
            try golden.withFile { file in
                let model = try Self.load(file)
                #expect(model.unet.configuration == expected.unet.configuration)
                #expect(model.textEncoder.configuration == expected.textEncoder.configuration)
                let vae = try #require(model.vae as? AutoencoderKL)
                #expect(vae.configuration == (expected.vae as? AutoencoderKL)?.configuration)
                #expect(model.scheduler.predictionType == expected.scheduler.predictionType)
                #expect(model.takesKnownLatents == (name == "sd1-inpainting"))
                #expect(model.defaults.name == "model" && model.defaults.mode == .matched)
                // Without the averaged weights, the last text layer and the like.
                #expect(model.parameterCount == expected.parameterCount)
                #expect(model.memory(precision: .float32) == expected.memory(precision: .float32))
            }
        }
    }

    @Test(arguments: OriginalGolden.all)
    func everyNetworkComputesWhatDiffusersDoes(_ name: String) throws {
        let golden = try OriginalGolden(name)
        let expected = try golden.checkpoint.networks()
        try golden.withFile { file in
            let model = try Self.load(file)
            func tensor(_ name: String) throws -> Tensor {
                Tensor(try expected.floats(name), shape: Shape(try expected.shape(name)), on: model.backend)
            }
            func compare(_ actual: Tensor, _ name: String, scale: Float = 1) throws {
                let wanted = try expected.floats(name).map { $0 * scale }
                #expect(relativeDifference(actual.elements, wanted) < 1e-4, "\(name)")
            }
            let shape = try expected.shape("text_ids")
            let ids = try expected.integers("text_ids")
            let hidden = model.textEncoder(
                (0..<shape[0]).map { Array(ids[$0 * shape[1]..<($0 + 1) * shape[1]]) })
            try compare(hidden, "text_hidden")
            let output = model.unet(
                try tensor("unet_sample").channelsLast(),
                timesteps: try expected.floats("unet_timestep").map(Double.init),
                context: Captions(embeddings: hidden, ofImage: [0, 1]), coupling: .alone(images: 2))
            try compare(output.channelsFirst(), "unet_output")
            let pixels = try expected.bytes("vae_image").map { Float($0) / 127.5 - 1 }
            let size = try expected.shape("vae_image")
            let latent = model.vae.encode(Tensor(pixels, shape: [1, size[0], size[1], 3], on: model.backend))
            try compare(latent.channelsFirst(), "vae_mean", scale: 0.18215)
            let decoded = model.vae.decode(0.18215 * (try tensor("vae_latent")).channelsLast())
            try compare(decoded.channelsFirst(), "vae_decoded")
        }
    }

    /// To the bit: the tensors are the same, and what they are called does not matter.
    @Test(arguments: OriginalGolden.all)
    func picturesAreThoseOfTheFolder(_ name: String) throws {
        let golden = try OriginalGolden(name)
        func latents(_ model: DiffusionModel) throws -> [UInt32] {
            var request = GenerationRequest(prompt: "a photo of the cat", model: model, seeds: [3])
            (request.mode, request.steps) = (.none, 2)
            (request.width, request.height) = (16, 24)
            return try Pipeline(model).generate(request).elements.map(\.bitPattern)
        }
        let ofFile = try golden.withFile { try latents(Self.load($0)) }
        try CheckpointWriter.withFolder(of: golden.checkpoint, goldens: Goldens.directory) { folder in
            if golden.isVersion2 {
                // As the tokenizer folder of Stable Diffusion 2 says.
                let file = folder.appendingPathComponent("tokenizer/tokenizer_config.json")
                let text = try String(contentsOf: file, encoding: .utf8)
                try text.replacing(
                    #""pad_token": "<|endoftext|>""#, with: #""pad_token": "!""#
                ).write(to: file, atomically: true, encoding: .utf8)
            }
            let model = try DiffusionModel(
                folder: folder.path, on: CPUBackend(CPUConfiguration(threads: 1)))
            #expect(try latents(model) == ofFile)
        }
    }

    @Test func halfPrecisionIsRead() throws {
        let golden = try OriginalGolden("sd2")
        let exact = try golden.withFile { try Self.load($0).textEncoder([[1, 2, 3]]).elements }
        for type in [ElementType.float16, .bfloat16] {
            try golden.withFile {
                $0 = $0.map { ($0.name, rounded($0.tensor, to: type)) }
            } _: { file in
                let hidden = try Self.load(file).textEncoder([[1, 2, 3]]).elements
                let difference = relativeDifference(hidden, exact)
                #expect(difference > 0 && difference < 0.05, "\(type)")
            }
        }
    }

    private func rounded(_ tensor: Tensor, to type: ElementType) -> Tensor {
        let result = Tensor(uninitialized: tensor.shape, elementType: type, on: tensor.backend)
        for (index, value) in tensor.floats.enumerated() {
            let bits = type == .float16 ? Float16(value).bitPattern : UInt16(value.bitPattern >> 16)
            result.rawPointer.storeBytes(of: bits, toByteOffset: 2 * index, as: UInt16.self)
        }
        return result
    }

    // MARK: Beside the file

    @Test func withoutATokenizerTheMessageSaysWhereItBelongs() throws {
        try OriginalGolden("sd1").withFile { file in
            let tokenizer = file.deletingLastPathComponent().appendingPathComponent("tokenizer")
            let elsewhere = file.deletingLastPathComponent().appendingPathComponent("words")
            try FileManager.default.moveItem(at: tokenizer, to: elsewhere)
            let error = #expect(throws: CheckpointError.self) { try Self.load(file) }
            let message = "\(try #require(error))"
            #expect(message.contains(tokenizer.path) && message.contains("--tokenizer"), "\(message)")
            let source = ModelSource(path: file.path, tokenizer: elsewhere.path)
            _ = try DiffusionModel(source, on: CPUBackend(CPUConfiguration(threads: 1)))
        }
    }

    @Test func captionsArePaddedAsTheVersionWasTrained() throws {
        for (name, isZero) in [("sd1", false), ("sd2", true)] {
            try OriginalGolden(name).withFile { file in
                let tokenizer = try Self.load(file).tokenizer
                let last = try #require(tokenizer.encode("cat").last)
                #expect(last == (isZero ? 0 : tokenizer.endID))
            }
        }
    }

    @Test func whatAVersion2FilePredictsMustBeSaid() throws {
        try OriginalGolden("sd2").withFile { file in
            let settings = file.deletingLastPathComponent().appendingPathComponent("model.jedi.json")
            #expect(try Self.load(file).width == 2 * 96)
            try Data(#"{"format": 1, "prediction_type": "epsilon", "steps": 7}"#.utf8).write(to: settings)
            let base = try Self.load(file)
            #expect(base.scheduler.predictionType == .epsilon && base.width == 2 * 64)
            #expect(base.defaults.steps == 7)
            try Data(#"{"format": 1, "prediction_type": "epsilon", "size": [32, 48]}"#.utf8).write(
                to: settings)
            #expect(try Self.load(file).height == 48)
            try Data(#"{"format": 1, "prediction_type": "sample"}"#.utf8).write(to: settings)
            #expect { try Self.load(file) } throws: { "\($0)".contains("v_prediction") }
            try FileManager.default.removeItem(at: settings)
            let error = #expect(throws: CheckpointError.self) { try Self.load(file) }
            #expect("\(try #require(error))".contains(settings.path))
        }
    }

    @Test func metadataMaySayWhatIsPredicted() throws {
        let golden = try OriginalGolden("sd2")
        try golden.withFile { file in
            let folder = file.deletingLastPathComponent()
            try FileManager.default.removeItem(at: folder.appendingPathComponent("model.jedi.json"))
            try SafetensorsWriter.write(
                golden.tensors(on: CPUBackend(CPUConfiguration(threads: 1))),
                metadata: ["modelspec.prediction_type": "v"], to: file.path)
            #expect(try Self.load(file).scheduler.predictionType == .velocity)
        }
    }

    @Test func theKeptNoiseScheduleCounts() throws {
        var plain = SchedulerConfiguration()
        plain.betaSchedule = .scaledLinear
        (plain.betaStart, plain.betaEnd) = (0.00085, 0.012)
        var zero = plain
        zero.rescalesToZeroTerminalSNR = true
        var other = plain
        other.betaEnd = 0.02
        func load(_ configuration: SchedulerConfiguration) throws -> SchedulerConfiguration {
            let alphas = NoiseSchedule(configuration).cumulativeAlphas
            return try OriginalGolden("sd1").withFile {
                $0.append(("alphas_cumprod", Tensor(alphas, shape: [1000], on: $0[0].tensor.backend)))
            } _: {
                try Self.load($0).scheduler
            }
        }
        #expect(try !load(plain).rescalesToZeroTerminalSNR)
        let scheduler = try load(zero)
        #expect(scheduler.rescalesToZeroTerminalSNR && scheduler.timestepSpacing == .trailing)
        #expect { try load(other) } throws: { "\($0)".contains("alphas_cumprod") }
    }

    @Test func aFolderWithOneFileIsThatModel() throws {
        try OriginalGolden("sd1").withFile { file in
            let folder = file.deletingLastPathComponent()
            let hash = try ModelHash.compute(ModelSource(path: file.path))
            #expect(try ModelHash.compute(ModelSource(path: folder.path)) == hash)
            _ = try DiffusionModel(folder: folder.path, on: CPUBackend(CPUConfiguration(threads: 1)))
            let settings = #"{"format": 1, "prediction_type": "v_prediction"}"#
            try Data(settings.utf8).write(to: folder.appendingPathComponent("model.jedi.json"))
            #expect(try ModelHash.compute(ModelSource(path: file.path)) != hash)
            try Data("{\"format\": 1, \"steps\": 9}".utf8).write(
                to: folder.appendingPathComponent("model.jedi.json"))
            #expect(try ModelHash.compute(ModelSource(path: file.path)) == hash)
            let vocabulary = folder.appendingPathComponent("tokenizer/vocab.json")
            try Data(contentsOf: vocabulary).dropLast().write(to: vocabulary)
            #expect(try ModelHash.compute(ModelSource(path: file.path)) != hash)
        }
    }
}
