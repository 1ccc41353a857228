import Foundation
import JointDiffusion
import Tensors
import TestSupport

/// LoRA files and what diffusers and peft make of them (make_lora_goldens.py).
struct LowRankGolden {
    /// What stands under a key: a hashed tensor of that shape, or one number.
    enum Value: Decodable {
        case shape([Int])
        case number(Float)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Float.self) {
                self = .number(number)
            } else {
                self = .shape(try container.decode([Int].self))
            }
        }
    }

    /// A file's name and its weight.
    struct Use: Decodable {
        let file: String
        let weight: Double

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            file = try container.decode(String.self)
            weight = try container.decode(Double.self)
        }
    }

    private struct Index: Decodable {
        let files: [String: [String: Value]]
        let cases: [[Use]]
    }

    typealias Tensors = [(name: String, tensor: Tensor)]

    let files: [String: [String: Value]]
    let cases: [[Use]]
    /// `text_hidden/N`, `unet_output/N`
    let expected: GoldenTensors

    init() throws {
        let index = try JSONDecoder().decode(
            Index.self, from: Data(contentsOf: Goldens.directory.appendingPathComponent("lora.json")))
        files = index.files
        cases = index.cases
        expected = try GoldenTensors(Goldens.directory.appendingPathComponent("lora.safetensors"))
    }

    /// The tensors of a file.
    func tensors(_ name: String, on backend: any Backend) -> Tensors {
        (files[name] ?? [:]).sorted { $0.key < $1.key }.map { key, value in
            switch value {
            case .number(let number): (key, Tensor([number], shape: [], on: backend))
            case .shape(let shape):
                (
                    key,
                    Tensor(
                        HashedWeights.values(component: name, key: key, shape: shape), shape: Shape(shape),
                        on: backend)
                )
            }
        }
    }

    /// The checkpoint that they were made for, as a folder with the files in it.
    func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
        let checkpoint = try GoldenCheckpoint("epsilon", in: Goldens.directory)
        return try CheckpointWriter.withFolder(of: checkpoint, goldens: Goldens.directory) { folder in
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            for name in files.keys {
                try SafetensorsWriter.write(
                    tensors(name, on: backend),
                    to: folder.appendingPathComponent("\(name).safetensors").path)
            }
            return try body(folder)
        }
    }
}
