import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// A checkpoint that is not what its configuration says is refused, naming the file and the tensor or the key.
@Suite struct StrictLoadingTests {
    /// A good checkpoint, one thing of which is then spoilt.
    private func load(spoilt spoil: (URL) throws -> Void) throws {
        let golden = try GoldenCheckpoint("known-v", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            try spoil(folder)
            _ = try DiffusionModel(folder: folder.path, on: CPUBackend(CPUConfiguration(threads: 1)))
        }
    }

    static let weights = [
        "unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model",
    ]

    @Test func aGoodCheckpointLoads() throws {
        try load { _ in }
    }

    @Test(arguments: weights)
    func aMissingTensorIsNamed(_ component: String) throws {
        var name = ""
        let error = #expect(throws: CheckpointError.self) {
            try load { try rewrite($0, component) { name = $0.removeLast().name } }
        }
        guard case .missingTensor(let file, name)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file.hasSuffix("\(component).safetensors"))
    }

    @Test(arguments: weights)
    func anUnexpectedTensorIsNamed(_ component: String) throws {
        let error = #expect(throws: CheckpointError.self) {
            try load { try rewrite($0, component) { $0.append(("of.another.model", $0[0].tensor)) } }
        }
        guard case .unexpectedTensors(let file, ["of.another.model"])? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file.hasSuffix("\(component).safetensors"))
    }

    /// Under the key of a newer and of an older version: which one counts must not be chance.
    @Test func aTensorThatIsThereTwiceIsNamed() throws {
        var name = ""
        let error = #expect(throws: CheckpointError.self) {
            try load { folder in
                try rewrite(folder, "text_encoder/model") { tensors in
                    let prefix = "text_model."
                    name = tensors[0].name
                    if name.hasPrefix(prefix) { name.removeFirst(prefix.count) } else { name = prefix + name }
                    tensors.append((name, tensors[0].tensor))
                }
            }
        }
        guard case .repeatedTensor(let file, let tensor)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file.hasSuffix("text_encoder/model.safetensors"))
        #expect(tensor.hasSuffix(name) || name.hasSuffix(tensor))
    }

    @Test(arguments: weights)
    func aWrongShapeIsNamed(_ component: String) throws {
        var name = ""
        let error = #expect(throws: CheckpointError.self) {
            try load { folder in
                try rewrite(folder, component) { tensors in
                    let last = tensors.count - 1
                    let tensor = tensors[last].tensor
                    name = tensors[last].name
                    let taller = Tensor(zeros: Shape([tensor.shape[0] + 1]), on: tensor.backend)
                    tensors[last].tensor = taller
                }
            }
        }
        guard case .wrongShape(_, name, let expected, let actual)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(expected != actual)
        #expect("\(try #require(error))".contains(name))
    }

    @Test(arguments: weights, [0, 7, 100, -1])
    func aTruncatedFileIsNamed(_ component: String, _ length: Int) throws {
        let error = #expect(throws: CheckpointError.self) {
            try load { folder in
                let file = folder.appendingPathComponent("\(component).safetensors")
                let data = try Data(contentsOf: file)
                try data.prefix(length < 0 ? data.count + length : length).write(to: file)
            }
        }
        guard case .safetensors? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect("\(try #require(error))".contains(component))
    }

    /// Loading does not read the weights, so it is found when the numbers break.
    @Test(arguments: weights)
    func aWeightThatIsNoNumberIsNamed(_ component: String) throws {
        let golden = try GoldenCheckpoint("known-v", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            var name = ""
            try rewrite(folder, component) { tensors in
                // The VAE's decoder and the others' last layers always have a say.
                let index = tensors.lastIndex { $0.name.hasPrefix("decoder.") } ?? tensors.count - 1
                name = tensors[index].name
                tensors[index].tensor = Tensor(
                    repeating: .nan, shape: tensors[index].tensor.shape, on: tensors[index].tensor.backend)
            }
            let pipeline = Pipeline(
                try DiffusionModel(folder: folder.path, on: CPUBackend(CPUConfiguration(threads: 1))))
            var request = GenerationRequest(prompt: "a cat", model: pipeline.model)
            (request.mode, request.steps) = (.none, 1)
            let error = #expect(throws: GenerationError.self) {
                _ = try pipeline.decode(try pipeline.generate(request))
            }
            guard case .damagedWeight(let file, name)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(file.hasSuffix("\(component).safetensors"))
        }
    }

    /// Looked up, it would lie outside the embedding.
    @Test(arguments: [-1, 1_000_000, 1 << 40])
    func aTokenThatTheEncoderLacksIsNamed(_ id: Int) throws {
        #expect {
            try load { folder in
                let file = folder.appendingPathComponent("tokenizer/vocab.json")
                var ids = try JSONDecoder().decode([String: Int].self, from: Data(contentsOf: file))
                ids["a"] = id
                try JSONEncoder().encode(ids).write(to: file)
            }
        } throws: {
            "\($0)".contains("vocab.json") && "\($0)".contains("\(id)")
        }
    }

    @Test(arguments: ["unet", "vae", "text_encoder"])
    func missingWeightsAreNamedWithTheFix(_ component: String) throws {
        let error = #expect(throws: CheckpointError.self) {
            try load { folder in
                let files = try FileManager.default.contentsOfDirectory(
                    at: folder.appendingPathComponent(component), includingPropertiesForKeys: nil)
                for file in files where file.pathExtension == "safetensors" {
                    try FileManager.default.moveItem(
                        at: file, to: file.deletingPathExtension().appendingPathExtension("bin"))
                }
            }
        }
        guard case .missingFile(let file, let hint)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file.contains(component))
        #expect(hint.contains("convert"))
    }

    /// File, key, a value that no code here understands.
    static let values: [(String, String, String)] = [
        ("unet/config.json", "act_fn", "\"mish\""),
        ("unet/config.json", "down_block_types", "[\"DownBlock2D\", \"AttnDownBlock2D\"]"),
        ("unet/config.json", "class_embed_type", "\"timestep\""),
        ("unet/config.json", "resnet_time_scale_shift", "\"scale_shift\""),
        ("unet/config.json", "only_cross_attention", "true"),
        ("unet/config.json", "norm_num_groups", "7"),
        ("unet/config.json", "attention_head_dim", "5"),
        ("unet/config.json", "a_key_of_tomorrow", "3"),
        ("unet/config.json", "layers_per_block", "\"two\""),
        ("unet/config.json", "block_out_channels", "[-4, 8]"),
        ("vae/config.json", "act_fn", "\"relu\""),
        ("vae/config.json", "_class_name", "\"AutoencoderDC\""),
        ("vae/config.json", "down_block_types", "[\"DownBlock2D\"]"),
        ("vae/config.json", "scaling_factor", "\"big\""),
        ("text_encoder/config.json", "hidden_act", "\"swish\""),
        ("text_encoder/config.json", "num_attention_heads", "5"),
        ("model_index.json", "_class_name", "\"StableDiffusionXLPipeline\""),
    ]

    @Test(arguments: values)
    func anUnknownValueIsRefusedByName(_ file: String, _ key: String, _ value: String) throws {
        let error = #expect(throws: CheckpointError.self) {
            try load { try set(key, to: value, in: $0.appendingPathComponent(file)) }
        }
        guard case .unsupportedConfig(let named, key, _, let supported)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(named.hasSuffix(file))
        #expect(!supported.isEmpty)
    }

    @Test func schedulerAndTokenizerErrorsNameTheFile() throws {
        let scheduler = #expect(throws: SchedulerConfigurationError.self) {
            try load {
                try set(
                    "beta_schedule", to: "\"sigmoid\"",
                    in: $0.appendingPathComponent("scheduler/scheduler_config.json"))
            }
        }
        #expect("\(try #require(scheduler))".contains("beta_schedule"))
        let tokenizer = #expect(throws: TokenizerError.self) {
            try load {
                try FileManager.default.removeItem(at: $0.appendingPathComponent("tokenizer/merges.txt"))
            }
        }
        #expect("\(try #require(tokenizer))".contains("merges.txt"))
    }

    @Test(arguments: ["not json", "[1]", "", "{\"a\": "])
    func aConfigurationThatIsNoJSONIsNamed(_ text: String) throws {
        let error = #expect(throws: CheckpointError.self) {
            try load { try Data(text.utf8).write(to: $0.appendingPathComponent("unet/config.json")) }
        }
        guard case .invalidConfig(let file, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file.hasSuffix("unet/config.json"))
    }

    @Test func theModelsOwnDefaultsAreRead() throws {
        let golden = try GoldenCheckpoint("known-v", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            let plain = try ModelDefaults(folder: folder.path)
            #expect(plain.mode == .matched)
            #expect(plain.imageGuidance == nil)
            let json =
                #"{"format": 1, "name": "toys", "mode": "cached", "guidance": 2.5, "image_guidance": 1.5}"#
            try Data(json.utf8).write(to: folder.appendingPathComponent("jedi.json"))
            let made = try ModelDefaults(folder: folder.path)
            #expect(made.mode == .cached)
            #expect(made.name == "toys")
            #expect(made.imageGuidance == 1.5)
            try Data(#"{"format": 2}"#.utf8).write(to: folder.appendingPathComponent("jedi.json"))
            #expect(throws: CheckpointError.self) { try ModelDefaults(folder: folder.path) }
        }
    }

    /// Writes a component's tensors again, changed.
    private func rewrite(
        _ folder: URL, _ component: String, _ change: (inout [(name: String, tensor: Tensor)]) throws -> Void
    ) throws {
        let path = folder.appendingPathComponent("\(component).safetensors").path
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        let file = try SafetensorsFile(path: path)
        var tensors = try file.names.map { (name: $0, tensor: try file.tensor($0, on: backend)) }
        try change(&tensors)
        try SafetensorsWriter.write(tensors, to: path)
    }

    private func set(_ key: String, to value: String, in file: URL) throws {
        var object = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        object[key] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        try JSONSerialization.data(withJSONObject: object).write(to: file)
    }
}
