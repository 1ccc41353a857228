import Tensors

/// An endless sequence of numbers from 0 up to a count: each once a round, each round in another order.
struct ShuffledRounds: Sendable {
    private let count: Int
    private let seed: UInt64

    init(of count: Int, seed: UInt64) {
        self.count = count
        self.seed = seed
    }

    subscript(index: Int) -> Int {
        let (round, place) = (index / count, index % count)
        var order = RandomSource(seed: seed &+ UInt64(round) &* 0x9E37_79B9_7F4A_7C15)
        return Array(0..<count).shuffled(using: &order)[place]
    }
}
