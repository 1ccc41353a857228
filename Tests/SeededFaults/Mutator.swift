/// Makes inputs out of sound ones. The same seed and number give the same input.
public struct Mutator: Sendable {
    private let seeds: [[UInt8]]
    private let words: [[UInt8]]
    private let maximumLength: Int

    /// - Parameters:
    ///   - seeds: sound inputs.
    ///   - words: what means something to the reader, to be put in here and there.
    public init(seeds: [[UInt8]], words: [[UInt8]] = [], maximumLength: Int = .max) {
        self.seeds = seeds
        self.words = words
        self.maximumLength = maximumLength
    }

    /// Numbers at which lengths and counts go wrong.
    private static let edges: [UInt64] = [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
    ]

    /// The input of that number. The first are the sound ones as they are.
    public func input(seed: UInt64, number: Int) -> [UInt8] {
        var random = SeededRandom(seed: seed &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(number))
        var bytes = seeds.randomElement(using: &random) ?? []
        if number < seeds.count { return Array(seeds[number].prefix(maximumLength)) }
        for _ in 0..<(1 << Int.random(in: 0...4, using: &random)) { change(&bytes, &random) }
        return Array(bytes.prefix(maximumLength))
    }

    private func change(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
        guard !bytes.isEmpty else {
            bytes = (0..<Int.random(in: 1...64, using: &random)).map { _ in random.byte }
            return
        }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let part = place..<min(bytes.count, place + (1 << Int.random(in: 0...6, using: &random)))
        switch Int.random(in: 0..<11, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = random.byte
        case 2: bytes[place] = bytes[place] &+ (Bool.random(using: &random) ? 1 : 255)
        case 3: bytes.removeSubrange(part)
        case 4: bytes.insert(contentsOf: bytes[part], at: Int.random(in: 0...bytes.count, using: &random))
        case 5: bytes.removeLast(bytes.count - place)
        case 6: bytes.replaceSubrange(part, with: repeatElement(random.byte, count: part.count))
        case 7: put(number(&random), at: place, in: &bytes)
        case 8:
            if let word = words.randomElement(using: &random) {
                if Bool.random(using: &random) {
                    bytes.insert(contentsOf: word, at: place)
                } else {
                    put(word, at: place, in: &bytes)
                }
            }
        case 9:
            // The head of one, the tail of another.
            if let other = seeds.randomElement(using: &random), !other.isEmpty {
                bytes = Array(bytes[..<place]) + other[Int.random(in: 0..<other.count, using: &random)...]
            }
        default: bytes.insert(contentsOf: (0..<part.count).map { _ in random.byte }, at: place)
        }
    }

    private func number(_ random: inout SeededRandom) -> [UInt8] {
        let value = Self.edges.randomElement(using: &random) ?? 0
        let little = withUnsafeBytes(of: value.littleEndian, Array.init)
            .prefix(1 << Int.random(in: 0...3, using: &random))
        return Bool.random(using: &random) ? Array(little) : little.reversed()
    }

    private func put(_ new: [UInt8], at place: Int, in bytes: inout [UInt8]) {
        bytes.replaceSubrange(place..<min(bytes.count, place + new.count), with: new)
    }
}

extension SeededRandom {
    fileprivate var byte: UInt8 {
        mutating get { UInt8(truncatingIfNeeded: next() >> 32) }
    }
}
