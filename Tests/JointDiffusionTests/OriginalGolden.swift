import Foundation
import Tensors
import TestSupport

/// A golden checkpoint that is also known in the original layout, in one file (make_original_goldens.py).
struct OriginalGolden: Sendable, CustomStringConvertible {
    /// What one tensor of the file is made of.
    struct Entry: Decodable, Sendable {
        struct Part: Decodable, Sendable {
            let component: String
            let key: String
            let shape: [Int]

            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                component = try container.decode(String.self)
                key = try container.decode(String.self)
                shape = try container.decode([Int].self)
            }
        }

        let shape: [Int]
        let parts: [Part]

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            shape = try container.decode([Int].self)
            parts = try container.decode([Part].self)
        }
    }

    typealias Tensors = [(name: String, tensor: Tensor)]

    static let all = ["sd1", "sd1-inpainting", "sd2"]

    let checkpoint: GoldenCheckpoint
    let entries: [String: Entry]

    init(_ name: String) throws {
        checkpoint = try GoldenCheckpoint(name, in: Goldens.directory, under: "original")
        entries = try JSONDecoder().decode(
            [String: Entry].self,
            from: Data(contentsOf: checkpoint.directory.appendingPathComponent("original.json")))
    }

    var description: String { checkpoint.name }
    var isVersion2: Bool { checkpoint.name == "sd2" }

    /// The tensors of the file, by name.
    func tensors(on backend: any Backend) -> Tensors {
        entries.sorted { $0.key < $1.key }.map { key, entry in
            let values = entry.parts.flatMap {
                HashedWeights.values(component: $0.component, key: $0.key, shape: $0.shape)
            }
            return (key, Tensor(values, shape: Shape(entry.shape), on: backend))
        }
    }

    /// A temporary folder with `model.safetensors`, a tokenizer beside it, and what a Stable Diffusion 2 file needs
    /// to be said of it.
    func withFile<Result>(
        _ change: (inout Tensors) -> Void = { _ in }, _ body: (URL) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "\(checkpoint.name)-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: Goldens.directory.appendingPathComponent("tokenizer"),
            to: folder.appendingPathComponent("tokenizer"))
        var tensors = tensors(on: CPUBackend(CPUConfiguration(threads: 1)))
        change(&tensors)
        let file = folder.appendingPathComponent("model.safetensors")
        try SafetensorsWriter.write(tensors, to: file.path)
        if isVersion2 {
            let settings = #"{"format": 1, "prediction_type": "v_prediction"}"#
            try Data(settings.utf8).write(to: folder.appendingPathComponent("model.jedi.json"))
        }
        return try body(file)
    }
}
