import Foundation

/// The contents of a checkpoint's `tokenizer` folder, checked.
struct CLIPTokenizerFiles {
    let vocabulary: [String: Int]
    let merges: [BytePairEncoding.Pair: BytePairEncoding.Merge]
    let maximumLength: Int
    let beginID: Int
    let endID: Int
    let unknownID: Int
    let paddingID: Int
    let addedTokens: [CLIPTokenizer.AddedToken]

    init(directory: URL, defaultMaximumLength: Int? = nil) throws(TokenizerError) {
        // 1. vocabulary and merges
        let vocabularyFile = directory.appendingPathComponent("vocab.json")
        let vocabulary: [String: Int] = try Self.decode(vocabularyFile)
        if let (token, id) = vocabulary.first(where: { !(0..<Int(Int32.max)).contains($0.value) }) {
            throw .malformed(file: vocabularyFile.path, reason: "token \"\(token)\" has the id \(id)")
        }
        self.vocabulary = vocabulary
        merges = try Self.merges(directory.appendingPathComponent("merges.txt"), vocabulary: vocabulary)

        // 2. settings
        let configurationFile = directory.appendingPathComponent("tokenizer_config.json")
        let configuration: Configuration = try Self.decode(configurationFile)
        var length = configuration.maximumLength
        // transformers writes 1e30 where nothing was said.
        if let defaultMaximumLength, length ?? .infinity > 1_048_576 { length = Double(defaultMaximumLength) }
        guard let maximumLength = length else {
            throw .missing(file: configurationFile.path, key: "model_max_length")
        }
        guard maximumLength >= 2, maximumLength <= 1_048_576, maximumLength.rounded() == maximumLength else {
            throw .unsupported(
                file: configurationFile.path, key: "model_max_length", value: "\(maximumLength)",
                allowed: ["a whole number from 2 to 1048576"])
        }
        self.maximumLength = Int(maximumLength)
        for (key, side) in [
            ("padding_side", configuration.paddingSide), ("truncation_side", configuration.truncationSide),
        ] {
            guard let side, side != "right" else { continue }
            throw .unsupported(file: configurationFile.path, key: key, value: side, allowed: ["right"])
        }

        // 3. special tokens: a list of all added tokens settles their flags; without one,
        //    special_tokens_map.json goes before tokenizer_config.json
        var added: [String: (token: Token, id: Int)] = [:]
        var names = configuration.specialTokens
        var origin = configurationFile.path
        if let decoder = configuration.addedTokens {
            for (key, token) in decoder {
                guard let id = Int(key), (0..<Int(Int32.max)).contains(id) else {
                    throw .malformed(
                        file: configurationFile.path,
                        reason: "added_tokens_decoder has the key \(key), not an id")
                }
                added[token.content] = (token, id)
            }
        } else {
            let mapFile = directory.appendingPathComponent("special_tokens_map.json")
            if FileManager.default.fileExists(atPath: mapFile.path) {
                let map: SpecialTokens = try Self.decode(mapFile)
                names = map.overriding(names)
                origin = mapFile.path
            }
            let addedFile = directory.appendingPathComponent("added_tokens.json")
            if FileManager.default.fileExists(atPath: addedFile.path) {
                let ids: [String: Int] = try Self.decode(addedFile)
                for (content, id) in ids {
                    added[content] = (Token(content: content, isNormalized: true), id)
                }
            }
        }

        // 4. their ids; of one content listed twice, the later flags count
        var tokens: [CLIPTokenizer.AddedToken] = []
        func add(_ token: Token, id: Int, key: String) throws(TokenizerError) {
            guard !token.isSingleWord else {
                throw .unsupported(file: origin, key: "\(key).single_word", value: "true", allowed: ["false"])
            }
            tokens.removeAll { $0.content == token.content }
            tokens.append(.init(content: token.content, id: id, isNormalized: token.isNormalized))
        }
        func id(_ token: Token?, default content: String, key: String) throws(TokenizerError) -> Int {
            let token = token ?? Token(content: content, isNormalized: false)
            guard let id = vocabulary[token.content] ?? added[token.content]?.id else {
                throw .notInVocabulary(file: origin, key: key, token: token.content)
            }
            try add(added[token.content]?.token ?? token, id: id, key: key)
            return id
        }
        let end = "<|endoftext|>"
        beginID = try id(names.begin, default: "<|startoftext|>", key: "bos_token")
        endID = try id(names.end, default: end, key: "eos_token")
        unknownID = try id(names.unknown, default: end, key: "unk_token")
        paddingID = try id(names.padding, default: end, key: "pad_token")
        for (content, entry) in added.sorted(by: { $0.value.id < $1.value.id })
        where !tokens.contains(where: { $0.content == content }) {
            try add(entry.token, id: vocabulary[content] ?? entry.id, key: content)
        }
        addedTokens = tokens
    }

    private static func read(_ file: URL) throws(TokenizerError) -> Data {
        do { return try Data(contentsOf: file) } catch {
            throw .unreadable(file: file.path, reason: "\(error.localizedDescription)")
        }
    }

    private static func decode<Value: Decodable>(_ file: URL) throws(TokenizerError) -> Value {
        let data = try read(file)
        do { return try JSONDecoder().decode(Value.self, from: data) } catch {
            throw .malformed(
                file: file.path, reason: "it is not JSON of the kind that a tokenizer folder has")
        }
    }

    private static func merges(
        _ file: URL, vocabulary: [String: Int]
    ) throws(TokenizerError) -> [BytePairEncoding.Pair: BytePairEncoding.Merge] {
        guard let text = String(bytes: try read(file), encoding: .utf8) else {
            throw .malformed(file: file.path, reason: "not UTF-8")
        }
        var merges: [BytePairEncoding.Pair: BytePairEncoding.Merge] = [:]
        var rank: Int32 = 0
        for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .enumerated()
        where !line.isEmpty && !line.hasPrefix("#version") {
            let parts = line.split(separator: " ").map(String.init)
            guard parts.count == 2 else {
                throw .malformed(file: file.path, reason: "line \(number + 1) is not two symbols: \(line)")
            }
            guard let left = vocabulary[parts[0]], let right = vocabulary[parts[1]],
                let merged = vocabulary[parts[0] + parts[1]]
            else {
                throw .malformed(
                    file: file.path,
                    reason: "line \(number + 1) merges symbols vocab.json does not hold: \(line)")
            }
            merges[.init(left: Int32(left), right: Int32(right))] = .init(rank: rank, merged: Int32(merged))
            rank += 1
        }
        return merges
    }
}

/// A special token in JSON: a plain string, or an object with `content` and flags.
private struct Token: Decodable {
    let content: String
    let isNormalized: Bool
    let isSingleWord: Bool

    init(content: String, isNormalized: Bool, isSingleWord: Bool = false) {
        self.content = content
        self.isNormalized = isNormalized
        self.isSingleWord = isSingleWord
    }

    private enum CodingKeys: String, CodingKey {
        case content
        case isNormalized = "normalized"
        case isSingleWord = "single_word"
    }

    init(from decoder: any Decoder) throws {
        if let content = try? decoder.singleValueContainer().decode(String.self) {
            self = Token(content: content, isNormalized: false)
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self = Token(
            content: try container.decode(String.self, forKey: .content),
            isNormalized: try container.decodeIfPresent(Bool.self, forKey: .isNormalized) ?? false,
            isSingleWord: try container.decodeIfPresent(Bool.self, forKey: .isSingleWord) ?? false)
    }
}

/// The named special tokens, under the keys both `special_tokens_map.json` and `tokenizer_config.json` use.
private struct SpecialTokens: Decodable {
    let begin: Token?
    let end: Token?
    let unknown: Token?
    let padding: Token?

    private enum CodingKeys: String, CodingKey {
        case begin = "bos_token"
        case end = "eos_token"
        case unknown = "unk_token"
        case padding = "pad_token"
    }

    func overriding(_ other: SpecialTokens) -> SpecialTokens {
        SpecialTokens(
            begin: begin ?? other.begin, end: end ?? other.end, unknown: unknown ?? other.unknown,
            padding: padding ?? other.padding)
    }
}

/// What `tokenizer_config.json` says. `do_lower_case` is not among it: CLIP lowers the case whatever it says.
private struct Configuration: Decodable {
    let maximumLength: Double?
    let paddingSide: String?
    let truncationSide: String?
    /// Every added token, by its id in decimal.
    let addedTokens: [String: Token]?
    let specialTokens: SpecialTokens

    private enum CodingKeys: String, CodingKey {
        case maximumLength = "model_max_length"
        case paddingSide = "padding_side"
        case truncationSide = "truncation_side"
        case addedTokens = "added_tokens_decoder"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        maximumLength = try container.decodeIfPresent(Double.self, forKey: .maximumLength)
        paddingSide = try container.decodeIfPresent(String.self, forKey: .paddingSide)
        truncationSide = try container.decodeIfPresent(String.self, forKey: .truncationSide)
        addedTokens = try container.decodeIfPresent([String: Token].self, forKey: .addedTokens)
        specialTokens = try SpecialTokens(from: decoder)
    }
}
