import Foundation
import TestSupport
import Testing

import JointDiffusion

@Suite struct CLIPTokenizerTests {
    /// One group of tokenizer_ids.json; made by `make_tokenizer_goldens.py --tokenizer tokenizer`.
    struct Setting: Decodable, CustomTestStringConvertible {
        struct Pair: Decodable {
            let text: String
            let ids: [Int]

            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                text = try container.decode(String.self)
                ids = try container.decode([Int].self)
            }
        }

        let name: String
        let length: Int
        let padding: Int
        let texts: [Pair]

        var testDescription: String { name }
    }

    static let goldens =
        Bundle.module.resourceURL?.appendingPathComponent("Goldens") ?? URL(fileURLWithPath: "/")

    static let settings: [Setting] =
        (try? JSONDecoder().decode(
            [Setting].self, from: Data(contentsOf: goldens.appendingPathComponent("tokenizer_ids.json"))))
        ?? []

    /// The small tokenizer with some of its files replaced, in a temporary folder.
    static func withFolder<Result>(
        replacing files: [String: Data?], _ body: (URL) throws -> Result
    ) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.copyItem(at: goldens.appendingPathComponent("tokenizer"), to: folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, data) in files {
            let file = folder.appendingPathComponent(name)
            if let data { try data.write(to: file) } else { try FileManager.default.removeItem(at: file) }
        }
        return try body(folder)
    }

    @Test func goldensAreThere() {
        #expect(Self.settings.map(\.name) == ["plain", "sd1", "sd2", "listed"])
    }

    @Test(arguments: settings) func idsMatchTransformers(setting: Setting) throws {
        let all = try JSONSerialization.jsonObject(
            with: Data(contentsOf: Self.goldens.appendingPathComponent("tokenizer_ids.json")))
        let groups = try #require(all as? [[String: Any]])
        let group = try #require(groups.first { $0["name"] as? String == setting.name })
        let files = try #require(group["files"] as? [String: Any])
        let tokenizer = try Self.withFolder(
            replacing: files.mapValues { try JSONSerialization.data(withJSONObject: $0) }
        ) { try CLIPTokenizer(directory: $0) }

        #expect(tokenizer.maximumLength == setting.length)
        for pair in setting.texts {
            let padding = Array(repeating: setting.padding, count: setting.length - pair.ids.count)
            #expect(tokenizer.encode(pair.text) == pair.ids + padding, "\(pair.text.debugDescription)")
        }
    }

    @Test(
        arguments: [
            ("vocab.json", nil, "vocab.json: cannot be read"),
            ("merges.txt", nil, "merges.txt: cannot be read"),
            ("tokenizer_config.json", nil, "tokenizer_config.json: cannot be read"),
            ("vocab.json", "[1]", "vocab.json: "),
            ("merges.txt", "#version: 0.2\na b c\n", "merges.txt: line 2 is not two symbols: a b c"),
            ("merges.txt", "z z\n", "merges.txt: line 1 merges symbols"),
            ("tokenizer_config.json", #"{"bos_token": "<|startoftext|>"}"#, "model_max_length is missing"),
            (
                "tokenizer_config.json", #"{"model_max_length": 16, "pad_token": "<pad>"}"#,
                #"pad_token names "<pad>", which vocab.json does not hold"#
            ),
            (
                "tokenizer_config.json", #"{"model_max_length": 16, "padding_side": "left"}"#,
                "padding_side is left; supported: right"
            ),
            (
                "tokenizer_config.json",
                #"{"model_max_length": 16, "bos_token": {"content": "<|startoftext|>", "single_word": true}}"#,
                "bos_token.single_word is true"
            ),
        ] as [(String, String?, String)])
    func badFilesAreNamed(file: String, contents: String?, message: String) throws {
        try Self.withFolder(replacing: [file: contents.map { Data($0.utf8) }]) { folder in
            let error = try #require(throws: TokenizerError.self) { try CLIPTokenizer(directory: folder) }
            #expect(error.description.contains(message), "\(error)")
            #expect(error.description.contains(folder.path), "\(error)")
        }
    }

    @Test func mergesMayHaveWindowsLineEnds() throws {
        let merges = try String(
            contentsOf: Self.goldens.appendingPathComponent("tokenizer/merges.txt"), encoding: .utf8)
        let windows = Data(merges.replacingOccurrences(of: "\n", with: "\r\n").utf8)
        let ids = try Self.withFolder(replacing: ["merges.txt": windows]) {
            try CLIPTokenizer(directory: $0).tokenIDs("the bear")
        }
        #expect(ids.count == 2)
    }
}
