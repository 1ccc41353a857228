import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Words of textual-inversion files, against diffusers (make_embedding_goldens.py).
@Suite struct TextEmbeddingTests {
    static let words: [(word: String, shape: [Int])] = [("<toy>", [32]), ("wool*", [3, 32])]

    /// The checkpoint, and the two files: in diffusers' form and in AUTOMATIC1111's.
    private static func withFiles(_ body: (URL, [TextEmbedding]) throws -> Void) throws {
        let checkpoint = try GoldenCheckpoint("epsilon", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: checkpoint, goldens: Goldens.directory) { folder in
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            let embeddings = try words.enumerated().map { index, entry in
                let path = folder.appendingPathComponent("file\(index).safetensors").path
                let values = HashedWeights.values(
                    component: "embedding", key: entry.word, shape: entry.shape)
                let tensor = Tensor(values, shape: Shape(entry.shape), on: backend)
                try SafetensorsWriter.write([(index == 0 ? entry.word : "emb_params", tensor)], to: path)
                return TextEmbedding(path: path, word: index == 0 ? nil : entry.word)
            }
            try body(folder, embeddings)
        }
    }

    private static func load(_ folder: URL, _ embeddings: [TextEmbedding]) throws -> DiffusionModel {
        try DiffusionModel(
            ModelSource(path: folder.path, embeddings: embeddings),
            on: CPUBackend(CPUConfiguration(threads: 1)))
    }

    @Test func hiddenStatesAreThoseOfDiffusers() throws {
        let captions = try JSONDecoder().decode(
            [String].self, from: Data(contentsOf: Goldens.directory.appendingPathComponent("embeddings.json"))
        )
        let expected = try GoldenTensors(Goldens.directory.appendingPathComponent("embeddings.safetensors"))
            .floats("text_hidden")
        try Self.withFiles { folder, embeddings in
            let model = try Self.load(folder, embeddings)
            let hidden = model.textEncoder(captions.map { model.tokenizer.encode($0) }).elements
            let size = expected.count / captions.count
            for (index, caption) in captions.enumerated() {
                let rows = index * size..<(index + 1) * size
                #expect(relativeDifference(Array(hidden[rows]), Array(expected[rows])) < 1e-4, "\(caption)")
            }
        }
    }

    @Test func onlyItsWordChanges() throws {
        try Self.withFiles { folder, embeddings in
            let (plain, model) = (try Self.load(folder, []), try Self.load(folder, embeddings))
            for caption in ["the cat", "a toy", "wool"] {
                #expect(plain.tokenizer.encode(caption) == model.tokenizer.encode(caption))
            }
            #expect(model.tokenizer.tokenIDs("wool*").count == 3)
            #expect(plain.tokenizer.tokenIDs("<toy>") != model.tokenizer.tokenIDs("<toy>"))
            // Without a word in the file or beside it, it is the file's name.
            let unnamed = TextEmbedding(path: embeddings[1].path)
            #expect(try Self.load(folder, [unnamed]).tokenizer.tokenIDs("file1") == [630, 631, 632])
            let hashes = try [[], embeddings, [embeddings[0]], [unnamed]].map {
                try ModelHash.compute(ModelSource(path: folder.path, embeddings: $0))
            }
            #expect(Set(hashes).count == 4)
        }
    }

    @Test func whatIsNoEmbeddingIsRefused() throws {
        try Self.withFiles { folder, embeddings in
            let backend = CPUBackend(CPUConfiguration(threads: 1))
            let path = folder.appendingPathComponent("bad.safetensors").path
            let bad: [[(name: String, tensor: Tensor)]] = [
                [], [("a", Tensor(zeros: [32], on: backend)), ("b", Tensor(zeros: [32], on: backend))],
                [("a", Tensor(zeros: [2, 31], on: backend))], [("a", Tensor(zeros: [0, 32], on: backend))],
                [("a", Tensor(zeros: [1, 2, 32], on: backend))],
            ]
            for tensors in bad {
                try SafetensorsWriter.write(tensors, to: path)
                #expect { try Self.load(folder, [TextEmbedding(path: path)]) } throws: {
                    "\($0)".contains(path)
                }
            }
            #expect { try Self.load(folder, [embeddings[0], embeddings[0]]) } throws: {
                "\($0)".contains("<toy>")
            }
            #expect { try Self.load(folder, [TextEmbedding(path: "/nowhere")]) } throws: {
                "\($0)".contains("/nowhere")
            }
        }
    }

    @Test func textsAreReadAsTheyAreWritten() {
        #expect(TextEmbedding("a.safetensors") == TextEmbedding(path: "a.safetensors"))
        #expect(TextEmbedding("a.safetensors:<x:y>") == TextEmbedding(path: "a.safetensors", word: "<x:y>"))
        for text in ["", ":x", "a:"] { #expect(TextEmbedding(text) == nil) }
    }
}
