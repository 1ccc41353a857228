/// Byte pair encoding of one word over byte-level characters, as GPT-2 defined the characters and CLIP
/// the end-of-word mark `</w>`.
struct BytePairEncoding: Sendable {
    /// Two neighbouring symbols, by id.
    struct Pair: Hashable, Sendable {
        let left: Int32
        let right: Int32
    }

    /// What a pair becomes, and how early it is merged: the lowest rank first.
    struct Merge: Sendable {
        let rank: Int32
        let merged: Int32
    }

    static let endOfWord = "</w>"

    private let merges: [Pair: Merge]
    /// Id of each byte inside a word; the unknown token where the vocabulary has none.
    private let insideIDs: [Int32]
    /// Id of each byte at the end of a word.
    private let finalIDs: [Int32]

    init(vocabulary: [String: Int], merges: [Pair: Merge], unknownID: Int) {
        self.merges = merges
        let characters = Self.byteCharacters.map(String.init)
        insideIDs = characters.map { Int32(vocabulary[$0] ?? unknownID) }
        finalIDs = characters.map { Int32(vocabulary[$0 + Self.endOfWord] ?? unknownID) }
    }

    /// The ids of one word.
    func encode(_ bytes: some Collection<UInt8>) -> [Int] {
        var symbols = bytes.map { insideIDs[Int($0)] }
        guard let last = bytes.suffix(1).first else { return [] }
        symbols[symbols.count - 1] = finalIDs[Int(last)]
        while symbols.count > 1 {
            // 1. the earliest merge, leftmost first
            var best: (index: Int, merge: Merge)?
            for index in 0..<(symbols.count - 1) {
                guard let merge = merges[Pair(left: symbols[index], right: symbols[index + 1])] else {
                    continue
                }
                if best.map({ merge.rank < $0.merge.rank }) ?? true { best = (index, merge) }
            }
            // 2. applied once; an equal pair further right comes next by itself
            guard let best else { break }
            symbols[best.index] = best.merge.merged
            symbols.remove(at: best.index + 1)
        }
        return symbols.map(Int.init)
    }

    /// The printable character that stands for each byte: itself where it is printable in Latin-1, else
    /// the next free one from U+0100 on.
    static let byteCharacters: [Character] = {
        let printable = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF]
        var next: UInt32 = 0x100
        return (UInt32(0)...255).map { byte in
            if printable.contains(where: { $0.contains(Int(byte)) }) {
                return Character(Unicode.Scalar(UInt8(byte)))
            }
            defer { next += 1 }
            return Unicode.Scalar(next).map(Character.init) ?? "\u{FFFD}"
        }
    }()
}
