import Foundation

/// The files of a checkpoint in transformers' layout.
enum TransformersFolder {
    /// Tells what a person is likely to have forgotten, before a loader meets it.
    /// - Parameters:
    ///   - kind: what the folder should be, for messages.
    ///   - files: what must be there besides `config.json` and the weights.
    static func check(_ folder: String, kind: String, files: [String]) throws(EvaluationError) {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw .unreadable(folder, error)
        }
        for name in ["config.json"] + files where !names.contains(name) {
            throw .notCheckpoint(
                folder: folder, kind: kind, reason: "it has no \(name); copy the folder with all its files")
        }
        guard names.contains(where: { $0.hasPrefix("model.") && $0.contains(".safetensors") }) else {
            let other = names.contains("pytorch_model.bin") ? "pytorch_model.bin is not read; " : ""
            throw .notCheckpoint(
                folder: folder, kind: kind,
                reason: "it has no model.safetensors; \(other)transformers' save_pretrained writes one")
        }
    }
}
