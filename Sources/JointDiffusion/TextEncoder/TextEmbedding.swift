import Foundation
import Tensors

/// A textual-inversion file: vectors that stand where a word of captions is (Gal et al., arXiv 2208.01618).
public struct TextEmbedding: Sendable, Hashable, CustomStringConvertible {
    /// A safetensors file.
    public var path: String
    /// The word; nil: the one in the file, or else the file's name.
    public var word: String?

    public init(path: String, word: String? = nil) {
        self.path = path
        self.word = word
    }

    /// `FILE` or `FILE:WORD`; nil for no file or no word.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let path = parts.first, !path.isEmpty, parts.count == 1 || !parts[1].isEmpty else { return nil }
        self.init(path: String(path), word: parts.count == 1 ? nil : String(parts[1]))
    }

    /// As ``init(_:)`` reads it.
    public var description: String { word.map { "\(path):\($0)" } ?? path }

    /// The word and its vectors `[n, width]`, in float32.
    func load(width: Int, on backend: any Backend) throws(CheckpointError) -> (word: String, vectors: Tensor)
    {
        let file: SafetensorsFile
        do { file = try SafetensorsFile(path: path) } catch { throw .safetensors(error) }
        // AUTOMATIC1111's files name the tensor so, diffusers' by the word.
        let plain = "emb_params"
        guard file.names.count == 1, let name = file.names.first else {
            throw .notEmbedding(
                file: path,
                reason: "it holds \(file.names.count) tensors, where the vectors of one word are needed")
        }
        let tensor: Tensor
        do { tensor = try file.tensor(name, on: backend) } catch { throw .safetensors(error) }
        guard tensor.shape.rank == 1 || tensor.shape.rank == 2, tensor.shape.dimensions.last == width,
            tensor.count > 0
        else {
            throw .notEmbedding(
                file: path,
                reason: "its tensor '\(name)' has shape \(tensor.shape), where [n, \(width)] is needed; "
                    + "it was made for another kind of model")
        }
        let ofFile = ModelSource.stem(of: URL(fileURLWithPath: path).lastPathComponent)
        return (
            word ?? (name == plain ? ofFile : name),
            tensor.float32.reshaped([tensor.count / width, width])
        )
    }
}
