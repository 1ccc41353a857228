import Crypto
import Foundation

/// What identifies a model: the SHA-256 over all of its files that decide what it computes.
public enum ModelHash {
    /// Of a diffusers folder.
    public static func compute(folder: String, progress: () -> Void = {}) throws -> String {
        try compute(ModelSource(path: folder), progress: progress)
    }

    /// Hexadecimal, 64 digits. Reads all weights, which takes seconds; ends when the task is cancelled.
    /// - Parameter progress: called once in a while.
    public static func compute(_ source: ModelSource, progress: () -> Void = {}) throws -> String {
        var hash = SHA256()
        for part in try parts(of: source) {
            switch part {
            case .text(let text): hash.update(data: Data(text.utf8))
            case .file(let path): try update(&hash, with: path, progress)
            }
        }
        return text(hash)
    }

    /// What the hash is over, in order.
    public enum Part: Sendable, Equatable {
        case text(String)
        /// The contents of the file of that path.
        case file(String)
    }

    /// All that decides what a model computes.
    public static func parts(of source: ModelSource) throws -> [Part] {
        var parts = files(of: source).flatMap { [Part.text("\($0.name)\u{0}"), .file($0.path)] }
        if case .file = source.kind, let prediction = try OriginalSettings.written(source).prediction {
            parts.append(.text("prediction_type\u{0}\(prediction.rawValue)"))
        }
        if let autoencoder = source.autoencoder {
            parts.append(.text("vae\u{0}"))
            parts += AutoencoderFiles.files(autoencoder).map(Part.file)
        }
        for adapter in source.adapters {
            parts += [.text("lora\u{0}\(adapter.weight)\u{0}"), .file(adapter.path)]
        }
        for embedding in source.embeddings {
            let words = "embedding\u{0}\(embedding.word ?? "")\u{0}\(embedding.path)\u{0}"
            parts += [.text(words), .file(embedding.path)]
        }
        return parts
    }

    /// Of an autoencoder's folder or file, alone.
    public static func compute(autoencoder path: String) throws -> String {
        try compute(files: AutoencoderFiles.files(path))
    }

    /// Of a network's folder, alone, or of its one file.
    public static func compute(network path: String) throws -> String {
        let files = files(of: path, named: "").map(\.path)
        return try compute(files: files.isEmpty ? [path] : files)
    }

    private static func compute(files: [String]) throws -> String {
        var hash = SHA256()
        for file in files { try update(&hash, with: file) {} }
        return text(hash)
    }

    private static func text(_ hash: SHA256) -> String {
        hash.finalize().hexadecimal
    }

    /// What is read, in order, and the name under which it counts.
    private static func files(of source: ModelSource) -> [(name: String, path: String)] {
        switch source.kind {
        case .folder(let folder):
            return ["scheduler", "text_encoder", "tokenizer", "unet", "vae"].flatMap { part in
                files(of: part == "tokenizer" ? source.tokenizerFolder : "\(folder)/\(part)", named: part)
            }
        case .file(let file):
            let files = [(name: "model.safetensors", path: file)]
            return files + Self.files(of: source.tokenizerFolder, named: "tokenizer")
        }
    }

    private static func files(of folder: String, named part: String) -> [(name: String, path: String)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().filter { isPart($0) && isRegularFile("\(folder)/\($0)") }
            .map { ("\(part)/\($0)", "\(folder)/\($0)") }
    }

    private static func isPart(_ name: String) -> Bool {
        [".json", ".txt", ".safetensors"].contains { name.hasSuffix($0) }
    }

    /// A link counts as what it leads to; what cannot be looked at stays in, so that reading it says why.
    private static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }

    private static func update(_ hash: inout SHA256, with path: String, _ progress: () -> Void) throws {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw CheckpointError.missingFile(
                file: path, hint: "It was there a moment ago; check the checkpoint folder.")
        }
        defer { try? file.close() }
        while let chunk = try chunk(of: file, path), !chunk.isEmpty {
            try Task.checkCancellation()
            hash.update(data: chunk)
            progress()
        }
    }

    private static func chunk(of file: FileHandle, _ path: String) throws(CheckpointError) -> Data? {
        do { return try file.read(upToCount: 8 << 20) } catch {
            throw .invalidConfig(file: path, reason: "it cannot be read (\(error.localizedDescription))")
        }
    }
}
