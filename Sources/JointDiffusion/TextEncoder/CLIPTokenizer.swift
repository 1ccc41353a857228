import Foundation

/// CLIP's byte pair tokenizer, as `transformers` reads it from a checkpoint's `tokenizer` folder.
public struct CLIPTokenizer: Sendable {
    /// A token found in a text as it stands, before any splitting.
    struct AddedToken: Sendable, Equatable {
        let content: String
        let id: Int
        /// Whether it is looked for in the normalised text (any case) instead of the raw one.
        let isNormalized: Bool
    }

    /// Ids per text, begin and end tokens included (`model_max_length`).
    public let maximumLength: Int
    public let beginID: Int
    public let endID: Int
    public internal(set) var paddingID: Int
    /// One more than the highest id that a text can get.
    public let vocabularySize: Int

    private let encoding: BytePairEncoding
    private typealias Tokens = [(scalars: [Unicode.Scalar], ids: [Int])]
    private var rawTokens: Tokens
    private let normalizedTokens: Tokens

    /// Reads `vocab.json`, `merges.txt`, `tokenizer_config.json` and, where they are, `special_tokens_map.json`
    /// and `added_tokens.json`.
    ///
    /// - Parameter defaultMaximumLength: holds where `model_max_length` is missing; nil makes that an error.
    public init(directory: URL, defaultMaximumLength: Int? = nil) throws(TokenizerError) {
        self.init(
            try CLIPTokenizerFiles(directory: directory, defaultMaximumLength: defaultMaximumLength))
    }

    init(_ files: CLIPTokenizerFiles) {
        maximumLength = files.maximumLength
        beginID = files.beginID
        endID = files.endID
        paddingID = files.paddingID
        let ids = files.vocabulary.values.max() ?? 0
        vocabularySize = 1 + files.addedTokens.reduce(ids) { max($0, $1.id) }
        encoding = BytePairEncoding(
            vocabulary: files.vocabulary, merges: files.merges, unknownID: files.unknownID)
        rawTokens = files.addedTokens.filter { !$0.isNormalized }
            .map { (Array($0.content.unicodeScalars), [$0.id]) }
        normalizedTokens = files.addedTokens.filter { $0.isNormalized }
            .map { (CLIPTextSplitter.normalized($0.content), [$0.id]) }
    }

    /// From now on that word, as it is written, gives those ids.
    mutating func add(_ word: String, ids: Range<Int>) {
        rawTokens.append((Array(word.unicodeScalars), Array(ids)))
    }

    /// Exactly `maximumLength` ids: begin, the text cut to fit, end, padding.
    public func encode(_ text: String) -> [Int] {
        let content = tokenIDs(text).prefix(max(0, maximumLength - 2))
        let ids = [beginID] + content + [endID]
        return ids + Array(repeating: paddingID, count: max(0, maximumLength - ids.count))
    }

    /// The ids of the text alone, of any length.
    public func tokenIDs(_ text: String) -> [Int] {
        var ids: [Int] = []
        // 1. tokens that stand in the raw text
        for piece in Self.split(Array(text.unicodeScalars), at: rawTokens) {
            guard case .text(let raw) = piece else {
                ids.append(contentsOf: piece.ids)
                continue
            }
            // 2. tokens that stand in the normalised text
            var string = String.UnicodeScalarView()
            string.append(contentsOf: raw)
            for piece in Self.split(CLIPTextSplitter.normalized(String(string)), at: normalizedTokens) {
                guard case .text(let scalars) = piece else {
                    ids.append(contentsOf: piece.ids)
                    continue
                }
                // 3. words, as UTF-8
                for word in CLIPTextSplitter.words(scalars) {
                    ids += encoding.encode(word.flatMap { UTF8.encode($0).map(Array.init) ?? [] })
                }
            }
        }
        return ids
    }

    private enum Piece {
        case text([Unicode.Scalar])
        case token([Int])

        var ids: [Int] {
            if case .token(let ids) = self { ids } else { [] }
        }
    }

    /// Cuts out the tokens found: leftmost first, the longest of those that start there.
    private static func split(
        _ scalars: [Unicode.Scalar], at tokens: Tokens
    ) -> [Piece] {
        var pieces: [Piece] = []
        var start = 0
        var index = 0
        while index < scalars.count {
            let rest = scalars[index...]
            let found = tokens.filter { rest.starts(with: $0.scalars) }.max {
                $0.scalars.count < $1.scalars.count
            }
            guard let found else {
                index += 1
                continue
            }
            if start < index { pieces.append(.text(Array(scalars[start..<index]))) }
            pieces.append(.token(found.ids))
            index += found.scalars.count
            start = index
        }
        if start < scalars.count { pieces.append(.text(Array(scalars[start...]))) }
        return pieces
    }
}
