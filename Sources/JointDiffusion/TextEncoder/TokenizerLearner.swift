import Foundation

/// Makes a tokenizer's folder in CLIP's layout from texts: the pairs that are neighbours most often become one, again and
/// again, until every word is one token or there are enough.
public struct TokenizerLearner {
    private typealias Symbol = String
    private struct Pair: Hashable {
        let left, right: Symbol
    }

    /// Pairs in the order in which they became one.
    public let merges: [(left: String, right: String)]

    /// - Parameter maximumMerges: how many pairs may become one.
    public init(_ texts: some Sequence<String>, maximumMerges: Int = 48_894) {
        // 1. The words and how often they come.
        var counts: [[Symbol]: Int] = [:]
        for text in texts {
            for word in CLIPTextSplitter.words(CLIPTextSplitter.normalized(text)) {
                let bytes = word.flatMap { UTF8.encode($0).map(Array.init) ?? [] }
                var symbols = bytes.map { String(BytePairEncoding.byteCharacters[Int($0)]) }
                guard let last = symbols.popLast() else { continue }
                counts[symbols + [last + BytePairEncoding.endOfWord], default: 0] += 1
            }
        }
        var words = counts.map { (symbols: $0.key, count: $0.value) }
        // 2. The most frequent pair, the first by the alphabet among equals.
        var merges: [(left: String, right: String)] = []
        while merges.count < maximumMerges {
            var pairs: [Pair: Int] = [:]
            for word in words {
                for (left, right) in zip(word.symbols, word.symbols.dropFirst()) {
                    pairs[Pair(left: left, right: right), default: 0] += word.count
                }
            }
            let best = pairs.max { a, b in
                (a.value, b.key.left, b.key.right) < (b.value, a.key.left, a.key.right)
            }
            guard let pair = best?.key else { break }
            merges.append((pair.left, pair.right))
            for index in words.indices { Self.merge(pair, in: &words[index].symbols) }
        }
        self.merges = merges
    }

    private static func merge(_ pair: Pair, in symbols: inout [Symbol]) {
        var index = 0
        while index + 1 < symbols.count {
            if symbols[index] == pair.left, symbols[index + 1] == pair.right {
                symbols[index] += symbols.remove(at: index + 1)
            }
            index += 1
        }
    }

    /// Writes `vocab.json`, `merges.txt` and `tokenizer_config.json`.
    /// - Parameter maximumLength: ids per text, begin and end included.
    /// - Returns: how many ids there are; the last two are the begin and the end of a text.
    @discardableResult
    public func write(to folder: String, maximumLength: Int) throws -> Int {
        let characters = BytePairEncoding.byteCharacters.map(String.init)
        let (begin, end) = ("<|startoftext|>", "<|endoftext|>")
        var tokens = characters + characters.map { $0 + BytePairEncoding.endOfWord }
        // Two pairs may give one token.
        var known = Set(tokens)
        for merge in merges where known.insert(merge.left + merge.right).inserted {
            tokens.append(merge.left + merge.right)
        }
        tokens += [begin, end]
        let vocabulary = Dictionary(uniqueKeysWithValues: zip(tokens, 0...))
        let settings: [String: Any] = [
            "tokenizer_class": "CLIPTokenizer", "model_max_length": maximumLength, "do_lower_case": true,
            "bos_token": begin, "eos_token": end, "unk_token": end, "pad_token": end,
        ]
        let lines = ["#version: 0.2"] + merges.map { "\($0.left) \($0.right)" }
        let options: JSONSerialization.WritingOptions = [
            .sortedKeys, .prettyPrinted, .withoutEscapingSlashes,
        ]
        let files = [
            "vocab.json": try JSONSerialization.data(withJSONObject: vocabulary, options: options),
            "merges.txt": Data(lines.map { $0 + "\n" }.joined().utf8),
            "tokenizer_config.json": try JSONSerialization.data(withJSONObject: settings, options: options),
        ]
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, data) in files {
            try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)"), options: .atomic)
        }
        return tokens.count
    }
}
