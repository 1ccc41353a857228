import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// LoRA files change the weights as PyTorch does, and what is not understood of them is refused by name.
@Suite struct LowRankTests {
    private static func load(_ folder: URL, _ adapters: [WeightedAdapter]) throws -> DiffusionModel {
        try DiffusionModel(
            ModelSource(path: folder.path, adapters: adapters),
            on: CPUBackend(CPUConfiguration(threads: 1)))
    }

    private static func adapter(_ folder: URL, _ name: String, _ weight: Double = 1) -> WeightedAdapter {
        WeightedAdapter(path: folder.appendingPathComponent("\(name).safetensors").path, weight: weight)
    }

    /// The text encoder's and the U-Net's answers to the golden inputs.
    private static func answers(_ model: DiffusionModel) throws -> (hidden: [Float], output: [Float]) {
        let inputs = try GoldenCheckpoint("epsilon", in: Goldens.directory).networks()
        let shape = try inputs.shape("text_ids")
        let ids = try inputs.integers("text_ids")
        let hidden = model.textEncoder(
            (0..<shape[0]).map { Array(ids[$0 * shape[1]..<($0 + 1) * shape[1]]) })
        let sample = Tensor(
            try inputs.floats("unet_sample"), shape: Shape(try inputs.shape("unet_sample")),
            on: model.backend)
        let output = model.unet(
            sample.channelsLast(), timesteps: try inputs.floats("unet_timestep").map(Double.init),
            context: Captions(embeddings: hidden, ofImage: [0, 1]), coupling: .alone(images: 2))
        return (hidden.elements, output.channelsFirst().elements)
    }

    @Test func networksAreThoseOfDiffusersAndPeft() throws {
        let golden = try LowRankGolden()
        #expect(golden.cases.count == 5)
        try golden.withFolder { folder in
            let plain = try Self.answers(Self.load(folder, []))
            for (number, uses) in golden.cases.enumerated() {
                let adapters = uses.map { Self.adapter(folder, $0.file, $0.weight) }
                let (hidden, output) = try Self.answers(Self.load(folder, adapters))
                let name = "\(uses.map { "\($0.file) \($0.weight)" })"
                #expect(
                    relativeDifference(hidden, try golden.expected.floats("text_hidden/\(number)")) < 1e-4,
                    "\(name): text encoder")
                #expect(
                    relativeDifference(output, try golden.expected.floats("unet_output/\(number)")) < 1e-4,
                    "\(name): U-Net")
                #expect(relativeDifference(output, plain.output) > 0.1)
            }
        }
    }

    @Test func aWeightOfNothingChangesNothing() throws {
        try LowRankGolden().withFolder { folder in
            let plain = try Self.answers(Self.load(folder, []))
            let none = try Self.answers(Self.load(folder, [Self.adapter(folder, "kohya", 0)]))
            #expect(none.output == plain.output && none.hidden == plain.hidden)
            let both = [Self.adapter(folder, "peft", 0.6), Self.adapter(folder, "peft", -0.6)]
            let undone = try Self.answers(Self.load(folder, both))
            #expect(relativeDifference(undone.output, plain.output) < 1e-5)
        }
    }

    /// What is nowhere but in memory is there beside every network.
    @Test func changedWeightsAreInMemoryBesideAllOthers() throws {
        try LowRankGolden().withFolder { folder in
            let adapters = [Self.adapter(folder, "kohya"), Self.adapter(folder, "peft")]
            let models = try (plain: Self.load(folder, []), adapted: Self.load(folder, adapters))
            func memory(_ model: DiffusionModel) -> ModelMemory {
                model.memory(precision: .float32, packsOnDisk: true)
            }
            let (plain, adapted) = (memory(models.plain), memory(models.adapted))
            let moved =
                plain.unet.weights - adapted.unet.weights + plain.textEncoder.weights
                - adapted.textEncoder.weights
            #expect(moved > 0 && plain.adapted == 0 && adapted.adapted == 2 * moved)
            #expect(plain.autoencoder == adapted.autoencoder)
        }
    }

    /// A middle factor, as LoCon's convolutions have: against the sums written out.
    @Test func aMiddleFactorCounts() throws {
        let module = "down_blocks.0.resnets.0.conv1"
        try LowRankGolden().withFolder { folder in
            let weights = folder.appendingPathComponent("unet/diffusion_pytorch_model.safetensors").path
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            let file = try SafetensorsFile(path: weights)
            var tensors = try file.names.map { (name: $0, tensor: try file.tensor($0, on: backend)) }
            let index = try #require(tensors.firstIndex { $0.name == module + ".weight" })
            let shape = tensors[index].tensor.shape
            let (outputs, inputs, kernel) = (shape[0], shape[1], shape[2] * shape[3])
            let rank = 2
            let down = Tensor(normal: [rank, inputs, 1, 1], seed: 1, on: backend)
            let middle = Tensor(normal: [rank, rank, shape[2], shape[3]], seed: 2, on: backend)
            let up = Tensor(normal: [outputs, rank, 1, 1], seed: 3, on: backend)
            var changed = tensors[index].tensor.elements
            for o in 0..<outputs {
                for i in 0..<inputs {
                    for k in 0..<kernel {
                        var sum: Float = 0
                        for p in 0..<rank {
                            for q in 0..<rank {
                                sum +=
                                    up.floats[o * rank + p] * middle.floats[(p * rank + q) * kernel + k]
                                    * down.floats[q * inputs + i]
                            }
                        }
                        // alpha 1 of rank 2
                        changed[(o * inputs + i) * kernel + k] += 0.3 * 0.5 * sum
                    }
                }
            }
            let name = "lora_unet_" + module.replacing(".", with: "_")
            try SafetensorsWriter.write(
                [
                    (name + ".lora_down.weight", down), (name + ".lora_mid.weight", middle),
                    (name + ".lora_up.weight", up), (name + ".alpha", Tensor([1], shape: [1], on: backend)),
                ], to: folder.appendingPathComponent("middle.safetensors").path)
            let adapted = try Self.answers(Self.load(folder, [Self.adapter(folder, "middle", 0.3)]))
            tensors[index].tensor = Tensor(changed, shape: shape, on: backend)
            try SafetensorsWriter.write(tensors, to: weights)
            let expected = try Self.answers(Self.load(folder, []))
            #expect(relativeDifference(adapted.output, expected.output) < 1e-5)
        }
    }

    /// Newer diffusers keep alpha in the metadata.
    @Test func alphaOfTheMetadataCounts() throws {
        let golden = try LowRankGolden()
        try golden.withFolder { folder in
            func answers(_ metadata: String, _ weight: Double) throws -> [Float] {
                let backend = CPUBackend(CPUConfiguration(threads: 1))
                try SafetensorsWriter.write(
                    golden.tensors("peft", on: backend), metadata: ["lora_adapter_metadata": metadata],
                    to: folder.appendingPathComponent("told.safetensors").path)
                return try Self.answers(Self.load(folder, [Self.adapter(folder, "told", weight)])).output
            }
            // Ranks are 3 in the U-Net and 5 in the text encoder.
            let half = try answers(#"{"unet.lora_alpha": 1.5, "text_encoder.lora_alpha": 2.5}"#, 1)
            #expect(relativeDifference(half, try answers("{}", 0.5)) < 1e-5)
            let pattern = #"{"unet.lora_alpha": 9, "unet.alpha_pattern": {"to_q": 3.0, "attn1.to_q": 1.0}}"#
            #expect(relativeDifference(try answers(pattern, 1), half) > 0.01)
            for refused in [#"{"unet.use_dora": true}"#, #"{"unet.use_rslora": true}"#, "no JSON"] {
                let error = #expect(throws: CheckpointError.self) { try answers(refused, 1) }
                #expect("\(try #require(error))".contains("told.safetensors"))
            }
        }
    }

    /// A file in the original layout takes the same LoRA files.
    @Test func aFileInTheOriginalLayoutTakesThem() throws {
        try OriginalGolden("sd2").withFile { file in
            let folder = file.deletingLastPathComponent().appendingPathComponent("loras")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            func model(_ adapters: [WeightedAdapter]) throws -> DiffusionModel {
                try DiffusionModel(
                    ModelSource(path: file.path, adapters: adapters),
                    on: CPUBackend(CPUConfiguration(threads: 1)))
            }
            // One of the three that a fused tensor holds.
            let name = "lora_te_text_model_encoder_layers_0_self_attn_k_proj"
            try SafetensorsWriter.write(
                [
                    (name + ".lora_down.weight", Tensor(normal: [2, 128], seed: 1, on: backend)),
                    (name + ".lora_up.weight", Tensor(normal: [128, 2], seed: 2, on: backend)),
                ], to: folder.appendingPathComponent("x.safetensors").path)
            let plain = try model([]).textEncoder([[1, 2, 3, 4]]).elements
            let adapted = try model([Self.adapter(folder, "x")]).textEncoder([[1, 2, 3, 4]]).elements
            #expect(relativeDifference(adapted, plain) > 0.01)
            let none = try model([Self.adapter(folder, "x", 0)]).textEncoder([[1, 2, 3, 4]]).elements
            #expect(none == plain)
        }
    }

    // MARK: What is refused

    /// A change to the file of kohya's names, and what the message must name.
    private func refusal(
        _ change: (inout LowRankGolden.Tensors) -> Void
    ) throws -> (error: LowRankError?, message: String) {
        let golden = try LowRankGolden()
        return try golden.withFolder { folder in
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            var tensors = golden.tensors("kohya", on: backend)
            change(&tensors)
            let path = folder.appendingPathComponent("kohya.safetensors").path
            try SafetensorsWriter.write(tensors, to: path)
            let error = #expect(throws: CheckpointError.self) {
                try Self.load(folder, [Self.adapter(folder, "kohya")])
            }
            guard case .adapter(let inner)? = error else {
                Issue.record("\(String(describing: error))")
                return (nil, "")
            }
            #expect("\(inner)".contains(path))
            return (inner, "\(inner)")
        }
    }

    @Test(arguments: [
        "lora_unet_input_blocks_1_1_proj_in.lora_down.weight", "lora_te2_text_model_x.alpha",
        "lora_unet_mid_block_attentions_0_proj_in.hada_w1_a", "lora_unet_conv_in.diff",
        "lora_unet_mid_block_attentions_0_proj_in.dora_scale", "unet.conv_in.lora_B.bias", "anything",
    ])
    func anUnknownKeyIsNamed(_ key: String) throws {
        let (error, message) = try refusal {
            $0.append((key, Tensor([1], shape: [1], on: $0[0].tensor.backend)))
        }
        guard case .unknownKeys(_, [key])? = error else {
            Issue.record("\(message)")
            return
        }
    }

    static let module = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q"

    @Test(arguments: [".lora_down.weight", ".lora_up.weight"])
    func aMissingFactorIsNamed(_ ending: String) throws {
        let (error, message) = try refusal { $0.removeAll { $0.name == Self.module + ending } }
        guard case .incomplete(_, let key)? = error else {
            Issue.record("\(message)")
            return
        }
        #expect(key.hasPrefix(Self.module) && !key.hasSuffix(ending))
    }

    @Test func twoSpellingsOfOneKeyAreNamed() throws {
        let key = "unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight"
        let (error, message) = try refusal {
            $0.append((key, Tensor(zeros: [4, 32], on: $0[0].tensor.backend)))
        }
        guard case .repeated? = error else {
            Issue.record("\(message)")
            return
        }
    }

    @Test(arguments: [
        (".lora_down.weight", [4, 31]), (".lora_up.weight", [33, 4]), (".lora_up.weight", [32, 5]),
    ])
    func aWrongShapeIsNamed(_ ending: String, _ shape: [Int]) throws {
        let (error, message) = try refusal { tensors in
            guard let index = tensors.firstIndex(where: { $0.name == Self.module + ending }) else { return }
            tensors[index].tensor = Tensor(zeros: Shape(shape), on: tensors[index].tensor.backend)
        }
        guard case .wrongShape(_, let key, let actual, let target)? = error else {
            Issue.record("\(message)")
            return
        }
        #expect(key == Self.module + ending && actual == Shape(shape) && target == [32, 32])
    }

    @Test func anAlphaThatIsNoNumberIsNamed() throws {
        for value in [
            Tensor(zeros: [2], on: CPUBackend()), Tensor([.infinity], shape: [1], on: CPUBackend()),
        ] {
            let (error, message) = try refusal { tensors in
                guard let index = tensors.firstIndex(where: { $0.name == Self.module + ".alpha" }) else {
                    return
                }
                tensors[index].tensor = value
            }
            guard case .unsupported? = error else {
                Issue.record("\(message)")
                return
            }
        }
    }

    @Test func aFileThatIsNotThereIsNamed() throws {
        _ = try LowRankGolden().withFolder { folder in
            #expect { try Self.load(folder, [WeightedAdapter(path: "/nowhere/x.safetensors")]) } throws: {
                "\($0)".contains("/nowhere/x.safetensors")
            }
        }
    }

    @Test func theHashCountsFilesAndWeights() throws {
        try LowRankGolden().withFolder { folder in
            func hash(_ adapters: [WeightedAdapter]) throws -> String {
                try ModelHash.compute(ModelSource(path: folder.path, adapters: adapters))
            }
            let (a, b) = (Self.adapter(folder, "kohya"), Self.adapter(folder, "old"))
            let hashes = [
                try ModelHash.compute(folder: folder.path), try hash([a]), try hash([b]), try hash([a, b]),
                try hash([b, a]), try hash([Self.adapter(folder, "kohya", 0.9)]),
            ]
            #expect(Set(hashes).count == hashes.count)
            #expect(try hash([]) == hashes[0])
        }
    }

    @Test func textsAreReadAsTheyAreWritten() {
        #expect(WeightedAdapter("/a/b.safetensors") == WeightedAdapter(path: "/a/b.safetensors", weight: 1))
        #expect(
            WeightedAdapter("b:c.safetensors:-0.5") == WeightedAdapter(path: "b:c.safetensors", weight: -0.5))
        #expect(WeightedAdapter("x:y") == WeightedAdapter(path: "x:y", weight: 1))
        for text in ["", ":0.5", "x:inf", "x:nan"] { #expect(WeightedAdapter(text) == nil, "\(text)") }
        let adapter = WeightedAdapter(path: "/a: b.safetensors", weight: 0.25)
        #expect(WeightedAdapter("\(adapter)") == adapter)
    }
}
