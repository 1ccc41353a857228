import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// A file in the original layout that is not whole, or another model's, is refused by the names in the file.
@Suite struct DamagedOriginalTests {
    private func failure(
        _ name: String, _ change: (inout OriginalGolden.Tensors) -> Void
    ) throws -> CheckpointError? {
        try OriginalGolden(name).withFile(change) { file in
            #expect(throws: CheckpointError.self) {
                _ = try DiffusionModel(
                    ModelSource(path: file.path), on: CPUBackend(CPUConfiguration(threads: 1)))
            }
        }
    }

    /// One of each kind of row in the tables.
    static let keys = [
        ("sd1", "model.diffusion_model.input_blocks.0.0.bias"),
        ("sd1", "model.diffusion_model.time_embed.2.weight"),
        ("sd1", "model.diffusion_model.input_blocks.4.0.skip_connection.weight"),
        ("sd1", "model.diffusion_model.input_blocks.3.0.op.bias"),
        ("sd1", "model.diffusion_model.middle_block.2.out_layers.0.weight"),
        ("sd1", "model.diffusion_model.output_blocks.8.1.transformer_blocks.0.attn1.to_q.weight"),
        ("sd1", "model.diffusion_model.output_blocks.2.1.conv.weight"),
        ("sd1", "model.diffusion_model.output_blocks.5.2.conv.weight"),
        ("sd1", "model.diffusion_model.out.2.bias"),
        ("sd1", "first_stage_model.encoder.down.1.block.0.nin_shortcut.weight"),
        ("sd1", "first_stage_model.encoder.down.0.downsample.conv.weight"),
        ("sd1", "first_stage_model.decoder.up.1.upsample.conv.bias"),
        ("sd1", "first_stage_model.decoder.up.0.block.2.conv2.weight"),
        ("sd1", "first_stage_model.decoder.mid.attn_1.proj_out.weight"),
        ("sd1", "first_stage_model.quant_conv.bias"),
        ("sd1", "cond_stage_model.transformer.text_model.encoder.layers.1.self_attn.q_proj.bias"),
        ("sd1", "cond_stage_model.transformer.text_model.final_layer_norm.weight"),
        ("sd2", "cond_stage_model.model.ln_final.bias"),
        ("sd2", "cond_stage_model.model.transformer.resblocks.1.attn.in_proj_weight"),
        ("sd2", "cond_stage_model.model.transformer.resblocks.0.attn.in_proj_bias"),
        ("sd2", "cond_stage_model.model.transformer.resblocks.0.mlp.c_proj.weight"),
        ("sd2", "model.diffusion_model.output_blocks.1.2.conv.bias"),
    ]

    @Test(arguments: keys)
    func aMissingTensorIsNamedAsTheFileWouldNameIt(_ name: String, _ key: String) throws {
        var found = false
        let error = try failure(name) { tensors in
            found = tensors.contains { $0.name == key }
            tensors.removeAll { $0.name == key }
        }
        #expect(found)
        guard case .missingTensor(let file, key)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(file.hasSuffix("model.safetensors"))
    }

    @Test(arguments: keys)
    func aWrongShapeIsNamedAsItStands(_ name: String, _ key: String) throws {
        let error = try failure(name) { tensors in
            guard let index = tensors.firstIndex(where: { $0.name == key }) else { return }
            let shape = tensors[index].tensor.shape
            let taller = Shape([shape[0] + 3] + shape.dimensions.dropFirst())
            tensors[index].tensor = Tensor(zeros: taller, on: tensors[index].tensor.backend)
        }
        switch error {
        case .wrongShape(let file, key, let expected, let actual)?:
            #expect(file.hasSuffix("model.safetensors") && actual[0] == expected[0] + 3)
        default: Issue.record("\(String(describing: error))")
        }
    }

    @Test(arguments: [
        "of.another.model", "model.diffusion_model.label_emb.0.0.weight",
        "model.diffusion_model.input_blocks.1.0.in_layers.7.weight",
        "first_stage_model.quantize.embedding.weight",
        "first_stage_model.encoder.mid.attn_1.r.weight", "cond_stage_model.transformer.text_model.more",
        "control_model.input_hint_block.0.weight",
    ])
    func anUnexpectedTensorIsNamed(_ key: String) throws {
        let error = try failure("sd1") { $0.append((key, Tensor([1], shape: [1], on: $0[0].tensor.backend))) }
        #expect(error == .unexpectedTensors(file: try #require(error?.file), tensors: [key]))
    }

    /// What stands in the table of names, and is no tensor of this model all the same.
    @Test func aTensorBesideTheArchitectureIsNamed() throws {
        let key = "model.diffusion_model.input_blocks.1.0.skip_connection.weight"
        let error = try failure("sd1") {
            $0.append((key, Tensor(zeros: [32, 32, 1, 1], on: $0[0].tensor.backend)))
        }
        #expect(error == .unexpectedTensors(file: try #require(error?.file), tensors: [key]))
    }

    @Test func whatIsNoCheckpointIsRefusedWithTheReason() throws {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        let files: [([String], String)] = [
            (["conditioner.embedders.0.transformer.x"], "Stable Diffusion XL"),
            (["lora_unet_down.alpha"], "model.diffusion_model.input_blocks.0.0.weight"),
        ]
        for (keys, named) in files {
            let error = try failure("sd1") { $0 = keys.map { ($0, Tensor([1], shape: [1], on: backend)) } }
            #expect("\(try #require(error))".contains(named))
        }
        let pickled = FileManager.default.temporaryDirectory.appendingPathComponent(
            "\(UUID().uuidString).ckpt")
        try Data("PK".utf8).write(to: pickled)
        defer { try? FileManager.default.removeItem(at: pickled) }
        #expect {
            try DiffusionModel(ModelSource(path: pickled.path), on: backend)
        } throws: { "\($0)".contains("convert") && "\($0)".contains(pickled.path) }
        #expect {
            try DiffusionModel(ModelSource(path: "/nowhere/x.safetensors"), on: backend)
        } throws: { "\($0)".contains("/nowhere/x.safetensors") }
    }

    @Test func aWeightThatIsNoNumberIsNamed() throws {
        let key = "model.diffusion_model.out.2.bias"
        try OriginalGolden("sd1").withFile { tensors in
            guard let index = tensors.firstIndex(where: { $0.name == key }) else { return }
            tensors[index].tensor = Tensor(
                repeating: .nan, shape: tensors[index].tensor.shape, on: tensors[index].tensor.backend)
        } _: { file in
            let pipeline = Pipeline(
                try DiffusionModel(ModelSource(path: file.path), on: CPUBackend(CPUConfiguration(threads: 1)))
            )
            var request = GenerationRequest(prompt: "a cat", model: pipeline.model)
            (request.mode, request.steps, request.width, request.height) = (.none, 1, 16, 16)
            #expect(throws: GenerationError.damagedWeight(file: file.path, tensor: key)) {
                try pipeline.generate(request)
            }
        }
    }
}

extension CheckpointError {
    /// The file that it names, where tensors are unexpected.
    fileprivate var file: String? {
        if case .unexpectedTensors(let file, _) = self { file } else { nil }
    }
}
