import Foundation
import Tensors

/// Makes real diffusers folders of golden checkpoints.
public enum CheckpointWriter {
    /// Writes `checkpoint` as a folder that did not exist: its JSON files, its weights by `HashedWeights`, and the
    /// tokenizer of `goldens/tokenizer`.
    public static func write(_ checkpoint: GoldenCheckpoint, goldens: URL, to folder: URL) throws {
        let files = FileManager.default
        try files.createDirectory(at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
        try files.copyItem(at: checkpoint.directory.appendingPathComponent("config"), to: folder)
        try files.copyItem(
            at: goldens.appendingPathComponent("tokenizer"), to: folder.appendingPathComponent("tokenizer"))
        let backend = CPUBackend()
        for (name, component) in checkpoint.components {
            let tensors = component.shapes.sorted { $0.key < $1.key }.map { key, shape in
                (
                    name: key,
                    tensor: Tensor(
                        HashedWeights.values(component: name, key: key, shape: shape), shape: Shape(shape),
                        on: backend)
                )
            }
            try SafetensorsWriter.write(
                tensors, metadata: ["format": "pt"],
                to: folder.appendingPathComponent("\(name)/\(component.file)").path)
        }
    }

    /// The same in a temporary folder that is removed afterwards.
    public static func withFolder<Result>(
        of checkpoint: GoldenCheckpoint, goldens: URL, _ body: (URL) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "\(checkpoint.name)-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try write(checkpoint, goldens: goldens, to: folder)
        return try body(folder)
    }
}
