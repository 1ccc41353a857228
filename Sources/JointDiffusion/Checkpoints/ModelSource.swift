import Foundation
import Tensors

/// A model as a person names it: where its weights lie, and what is not with them.
public struct ModelSource: Sendable, Equatable {
    /// A diffusers folder; a safetensors file in the original layout; or a folder with one such file and nothing
    /// of diffusers in it.
    public var path: String
    /// The tokenizer's folder. Nil: the folder `tokenizer` of a diffusers folder, or beside the file.
    public var tokenizer: String?
    /// Another VAE than the model's: a diffusers folder of one, or a file in the original layout.
    public var autoencoder: String?
    /// LoRA files, added to the weights in this order.
    public var adapters: [WeightedAdapter]
    /// Textual-inversion files, each of which gives a word a meaning.
    public var embeddings: [TextEmbedding]

    public init(
        path: String, tokenizer: String? = nil, autoencoder: String? = nil, adapters: [WeightedAdapter] = [],
        embeddings: [TextEmbedding] = []
    ) {
        self.embeddings = embeddings
        self.path = path
        self.autoencoder = autoencoder
        self.tokenizer = tokenizer
        self.adapters = adapters
    }

    /// What `path` leads to.
    enum Kind: Equatable {
        case folder(String)
        case file(String)
    }

    /// A path to nothing counts as a diffusers folder: its loader then says what is missing.
    var kind: Kind {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return path.hasSuffix(".safetensors") ? .file(path) : .folder(path)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return .file(path) }
        guard !FileManager.default.fileExists(atPath: "\(path)/model_index.json") else {
            return .folder(path)
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let files = names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
        return files.count == 1 ? .file("\(path)/\(files[0])") : .folder(path)
    }

    /// The settings that may lie with the weights: `jedi.json` in a diffusers folder, `NAME.jedi.json` beside
    /// `NAME.safetensors`.
    var settingsFile: String {
        switch kind {
        case .folder(let folder): "\(folder)/jedi.json"
        case .file(let file): Self.stem(of: file) + ".jedi.json"
        }
    }

    /// The path without `.safetensors`.
    static func stem(of file: String) -> String {
        file.hasSuffix(".safetensors") ? String(file.dropLast(".safetensors".count)) : file
    }

    /// The folder that the tokenizer's files lie in.
    var tokenizerFolder: String {
        if let tokenizer { return tokenizer }
        return switch kind {
        case .folder(let folder): "\(folder)/tokenizer"
        case .file(let file): URL(fileURLWithPath: file).deletingLastPathComponent().path + "/tokenizer"
        }
    }

    /// Opens what is there.
    func parts(on backend: any Backend) throws -> any ModelParts {
        let parts: any ModelParts =
            switch kind {
            case .folder(let folder): try DiffusersFolder(folder, self, on: backend)
            case .file(let file): try OriginalCheckpoint(file, self, on: backend)
            }
        guard let autoencoder else { return parts }
        return PartsWithAutoencoder(parts, try AutoencoderFiles(autoencoder, on: backend))
    }
}
