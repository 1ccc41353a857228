import Foundation
import JointDiffusion
import TestSupport
import Tensors
import Testing

@testable import Evaluation

/// CLIP and DINO agree with transformers to 1e-4, on odd sizes, and load nothing that they do not understand.
@Suite struct EncoderTests {
    static let tolerance = 1e-4
    static let configurations = [
        CPUConfiguration(threads: 2),
        CPUConfiguration(threads: 1, instructionSet: .generic, usesOneDNN: false),
    ]

    @Test(arguments: ["clip-first", "clip-later"], configurations)
    func clip(_ name: String, _ configuration: CPUConfiguration) throws {
        let golden = try EvaluationGolden.tensors("embeddings")
        try EvaluationGolden.withCheckpoint(name) { folder in
            let backend = CPUBackend(configuration)
            let model = try CLIPModel(folder: folder.path, on: backend)
            let shape = try golden.shape("\(name)/ids")
            let ids = try golden.integers("\(name)/ids")
            let texts = (0..<shape[0]).flatMap { text in
                model.projected(tokens: Array(ids[text * shape[1]..<(text + 1) * shape[1]])).elements
            }
            #expect(relativeDifference(texts, try golden.floats("\(name)/text")) < Self.tolerance)
            let images = model.projected(pictures: try pixels(name, golden, backend))
            #expect(relativeDifference(images.elements, try golden.floats("\(name)/image")) < Self.tolerance)
        }
    }

    @Test(arguments: ["dino", "dino-without-bias"], configurations)
    func dino(_ name: String, _ configuration: CPUConfiguration) throws {
        let golden = try EvaluationGolden.tensors("embeddings")
        try EvaluationGolden.withCheckpoint(name) { folder in
            let backend = CPUBackend(configuration)
            let model = try DINOModel(folder: folder.path, on: backend)
            let seen = model.classTokens(try pixels(name, golden, backend))
            #expect(relativeDifference(seen.elements, try golden.floats("\(name)/class")) < Self.tolerance)
        }
    }

    /// The texts behind the goldens' ids, by this package's own tokenizer, are where the ids are.
    @Test func textsAreTokenised() throws {
        let golden = try EvaluationGolden.tensors("embeddings")
        try EvaluationGolden.withCheckpoint("clip-later") { folder in
            let model = try CLIPModel(folder: folder.path, on: CPUBackend(CPUConfiguration(threads: 1)))
            let expected = try golden.floats("clip-later/text")
            let texts = [
                "a photo of the robot cat on a beach, it's at night!", "",
                String(repeating: "picture of this toy bear in my city ", count: 4),
            ]
            for (index, text) in texts.enumerated() {
                let width = expected.count / texts.count
                let direction = try #require(Embedding(expected[index * width..<(index + 1) * width]))
                #expect(try model.embedding(of: text).similarity(to: direction) > 1 - 1e-8)
            }
        }
    }

    /// CLIP's own folders do not say how long a text may be: as long as the text tower takes it.
    @Test(arguments: ["{}", #"{"model_max_length": 1000000000000000019884624838656}"#])
    func lengthOfATextUnsaid(_ configuration: String) throws {
        let golden = try EvaluationGolden.tensors("embeddings")
        try EvaluationGolden.withCheckpoint("clip-first") { folder in
            try Data(configuration.utf8).write(to: folder.appendingPathComponent("tokenizer_config.json"))
            let model = try CLIPModel(folder: folder.path, on: CPUBackend(CPUConfiguration(threads: 1)))
            let expected = try #require(Embedding(try golden.floats("clip-first/text").suffix(20)))
            let text = String(repeating: "picture of this toy bear in my city ", count: 4)
            #expect(try model.embedding(of: text).similarity(to: expected) > 1 - 1e-8)
        }
    }

    /// The same numbers, stored in 16 bits.
    @Test(arguments: [ElementType.float16, .bfloat16])
    func halfPrecisionFiles(_ type: ElementType) throws {
        let golden = try EvaluationGolden.tensors("embeddings")
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        func embeddings(_ type: ElementType) throws -> (clip: [Float], text: [Float], dino: [Float]) {
            let (image, text) = try EvaluationGolden.withCheckpoint("clip-first", type: type) { folder in
                let model = try CLIPModel(folder: folder.path, on: backend)
                let ids = Array(try golden.integers("clip-first/ids").prefix(16))
                return (
                    model.projected(pictures: try pixels("clip-first", golden, backend)).elements,
                    model.projected(tokens: ids).elements
                )
            }
            let dino = try EvaluationGolden.withCheckpoint("dino", type: type) { folder in
                try DINOModel(folder: folder.path, on: backend).classTokens(
                    try pixels("dino", golden, backend)
                ).elements
            }
            return (image, text, dino)
        }
        let (whole, half) = (try embeddings(.float32), try embeddings(type))
        #expect(relativeDifference(half.clip, whole.clip) < 1e-6)
        #expect(relativeDifference(half.text, whole.text) < 1e-6)
        #expect(relativeDifference(half.dino, whole.dino) < 1e-6)
    }

    @Test(arguments: ["clip-first", "dino"])
    func strictAboutTensors(_ name: String) throws {
        let missing = #expect(throws: CheckpointError.self) {
            try load(name) { $0.removeAll { $0.name.hasSuffix("layernorm.bias") } }
        }
        guard case .missingTensor(_, let tensor)? = missing else {
            Issue.record("\(String(describing: missing))")
            return
        }
        #expect(tensor.hasSuffix("layernorm.bias"))
        let added = #expect(throws: CheckpointError.self) {
            try load(name) { $0.append(("of.another.model", $0[0].tensor)) }
        }
        guard case .unexpectedTensors(_, ["of.another.model"])? = added else {
            Issue.record("\(String(describing: added))")
            return
        }
        let shape = #expect(throws: CheckpointError.self) {
            try load(name) { weights in
                for (index, weight) in weights.enumerated() where weight.name.contains("position_embedding") {
                    let tensor = weight.tensor
                    weights[index].tensor = tensor.reshaped([tensor.count])
                }
            }
        }
        guard case .wrongShape(_, let wrong, _, _)? = shape else {
            Issue.record("\(String(describing: shape))")
            return
        }
        #expect(wrong.contains("position_embedding"))
    }

    /// With the pooler or without, the picture is where it was; `position_ids` of older files are no weights.
    @Test func tensorsThatPlayNoPart() throws {
        let golden = try EvaluationGolden.tensors("embeddings")
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        try EvaluationGolden.withCheckpoint(
            "dino", spoil: { $0.removeAll { $0.name.hasPrefix("pooler.") } }
        ) { folder in
            let seen = try DINOModel(folder: folder.path, on: backend).classTokens(
                try pixels("dino", golden, backend))
            #expect(relativeDifference(seen.elements, try golden.floats("dino/class")) < Self.tolerance)
        }
        try load("clip-first") { weights in
            let ids = Tensor([0, 1, 2], shape: [1, 3], on: backend)
            weights.append(("text_model.embeddings.position_ids", ids))
            weights.append(("vision_model.embeddings.position_ids", ids))
        }
    }

    /// What a person is likely to get wrong is told with the fix.
    @Test func foldersOfOtherKinds() throws {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        try EvaluationGolden.withCheckpoint("dino") { folder in
            let clip = #expect(throws: EvaluationError.self) {
                try CLIPModel(folder: folder.path, on: backend)
            }
            #expect(clip?.description.contains("vocab.json") == true)
            let file = folder.appendingPathComponent("model.safetensors")
            try FileManager.default.moveItem(at: file, to: folder.appendingPathComponent("pytorch_model.bin"))
            let pickled = #expect(throws: EvaluationError.self) {
                try DINOModel(folder: folder.path, on: backend)
            }
            #expect(pickled?.description.contains("pytorch_model.bin") == true)
            #expect(pickled?.description.contains("save_pretrained") == true)
            let none = #expect(throws: EvaluationError.self) {
                try DINOModel(folder: folder.path + "-not", on: backend)
            }
            #expect(none?.description.contains(folder.path + "-not") == true)
        }
        try EvaluationGolden.withCheckpoint("clip-first") { folder in
            let dino = #expect(throws: CheckpointError.self) {
                try DINOModel(folder: folder.path, on: backend)
            }
            #expect(dino?.description.contains("'model_type' is \"clip\"") == true)
        }
    }

    /// A number that is not finite is told of, not averaged.
    @Test func damagedWeights() throws {
        let spoil = { (weights: inout EvaluationGolden.Weights) in
            for (name, tensor) in weights where name == "layernorm.bias" || name == "visual_projection.weight"
            {
                tensor.floats[0] = .nan
            }
        }
        let picture = EvaluationGolden.picture("odd", 61, 47)
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        try EvaluationGolden.withCheckpoint("dino", spoil: spoil) { folder in
            let model = try DINOModel(folder: folder.path, on: backend)
            #expect(throws: EvaluationError.notFinite(folder: folder.path, what: "odd.png")) {
                try model.embedding(of: picture, name: "odd.png")
            }
        }
        try EvaluationGolden.withCheckpoint("clip-first", spoil: spoil) { folder in
            let model = try CLIPModel(folder: folder.path, on: backend)
            #expect(throws: EvaluationError.notFinite(folder: folder.path, what: "odd.png")) {
                try model.embedding(of: picture, name: "odd.png")
            }
        }
    }

    private func load(_ name: String, _ spoil: (inout EvaluationGolden.Weights) -> Void) throws {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        try EvaluationGolden.withCheckpoint(name, spoil: spoil) { folder in
            if name.hasPrefix("clip") {
                _ = try CLIPModel(folder: folder.path, on: backend)
            } else {
                _ = try DINOModel(folder: folder.path, on: backend)
            }
        }
    }

    private func pixels(_ name: String, _ golden: GoldenTensors, _ backend: CPUBackend) throws -> Tensor {
        let shape = Shape(try golden.shape("\(name)/pixels"))
        return Tensor(try golden.floats("\(name)/pixels"), shape: shape, on: backend)
    }
}
