import Foundation
import Tensors
import Testing

@Suite struct AttentionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let images: Int
        let tokens: Int
        let heads: Int
        let depth: Int
        /// Tokens of each segment; every image sees all of them unless `members` says which.
        let segments: [Int]
        var members: [[Int]]?
        var isCausal = false
        /// Of queries and keys.
        var deviation = 1.0
        var tolerance = 3e-6

        var testDescription: String {
            "\(images) x \(tokens) queries, \(heads) heads of \(depth), keys \(segments)"
                + (members.map { " seen by \($0)" } ?? "") + (isCausal ? ", causal" : "")
                + (deviation == 1 ? "" : ", deviation \(deviation)")
        }

        var channels: Int { heads * depth }
        var queries: PlainTensor {
            PlainTensor(random: [images, tokens, channels], seed: 1, deviation: deviation)
        }
        var keysValues: [(keys: PlainTensor, values: PlainTensor)] {
            segments.enumerated().map { index, tokens in
                (
                    PlainTensor(random: [tokens, channels], seed: UInt64(10 + index), deviation: deviation),
                    PlainTensor(random: [tokens, channels], seed: UInt64(20 + index))
                )
            }
        }
        var seen: [[Int]] { members ?? Array(repeating: Array(segments.indices), count: images) }

        static let all: [Case] = [
            Case(images: 1, tokens: 1, heads: 1, depth: 1, segments: [1]),
            Case(images: 1, tokens: 1, heads: 8, depth: 40, segments: [77]),
            Case(images: 2, tokens: 3, heads: 3, depth: 5, segments: [1, 1]),
            Case(images: 1, tokens: 49, heads: 2, depth: 5, segments: [127]),
            Case(images: 1, tokens: 97, heads: 2, depth: 8, segments: [128]),
            Case(images: 1, tokens: 5, heads: 2, depth: 40, segments: [129]),
            Case(images: 1, tokens: 130, heads: 1, depth: 64, segments: [300, 77, 129, 1, 128]),
            Case(images: 2, tokens: 17, heads: 2, depth: 40, segments: [77, 300, 1]),
            Case(images: 1, tokens: 50, heads: 1, depth: 160, segments: [129, 127]),
            Case(images: 1, tokens: 33, heads: 1, depth: 512, segments: [150]),
            Case(images: 1, tokens: 7, heads: 2, depth: 48, segments: [16, 15, 17, 64, 63]),
            Case(images: 1, tokens: 7, heads: 1, depth: 97, segments: [31]),
            Case(images: 1, tokens: 7, heads: 3, depth: 17, segments: [0, 31, 0]),
            // Images that share segments, name them in different orders, see one twice, see parts.
            Case(
                images: 3, tokens: 11, heads: 2, depth: 8, segments: [5, 130, 77],
                members: [[0, 1, 2], [2, 0, 1], [1]]),
            Case(
                images: 2, tokens: 11, heads: 2, depth: 40, segments: [9, 33], members: [[0, 0], [1, 0, 1]]),
            // Text encoders.
            Case(images: 1, tokens: 77, heads: 2, depth: 64, segments: [77], isCausal: true),
            Case(
                images: 2, tokens: 77, heads: 3, depth: 5, segments: [77, 77], members: [[0], [1]],
                isCausal: true),
            Case(images: 1, tokens: 300, heads: 1, depth: 8, segments: [300], isCausal: true),
            Case(images: 1, tokens: 1, heads: 1, depth: 8, segments: [1], isCausal: true),
            Case(images: 1, tokens: 129, heads: 1, depth: 40, segments: [129], isCausal: true),
            // Scores to about +-80 and far beyond: one key takes nearly all.
            Case(
                images: 1, tokens: 60, heads: 2, depth: 40, segments: [77, 129], deviation: 5, tolerance: 1e-5
            ),
            Case(images: 1, tokens: 60, heads: 2, depth: 64, segments: [300], deviation: 20, tolerance: 1e-4),
            Case(
                images: 1, tokens: 77, heads: 2, depth: 40, segments: [77], isCausal: true, deviation: 5,
                tolerance: 1e-5),
            // All scores equal: the mean of the values.
            Case(images: 1, tokens: 13, heads: 2, depth: 8, segments: [129, 300], deviation: 0),
        ]
    }

    static func attend(
        _ test: Case, on backend: CPUBackend, order: ([Int]) -> [Int] = { $0 }, isAligned: Bool = true,
        bearing coarsest: Precision = .int8
    ) -> Tensor {
        let segments = test.keysValues.map { pair in
            isAligned
                ? KeysValues(keys: pair.keys.tensor(on: backend), values: pair.values.tensor(on: backend))
                : KeysValues(
                    keys: pair.keys.unalignedTensor(on: backend),
                    values: pair.values.unalignedTensor(on: backend))
        }
        let queries =
            isAligned ? test.queries.tensor(on: backend) : test.queries.unalignedTensor(on: backend)
        return queries.attention(
            over: test.seen.map { order($0).map { segments[$0] } }, heads: test.heads,
            isCausal: test.isCausal, bearing: coarsest)
    }

    @Test(arguments: Case.all)
    func definition(_ test: Case) {
        let segments = test.keysValues
        let expected = PlainOperations.attention(
            test.queries, keysValues: test.seen.map { $0.map { segments[$0] } }, heads: test.heads,
            isCausal: test.isCausal)
        for configuration in Configurations.kernels {
            let backend = CPUBackend(configuration)
            for isAligned in [true, false] {
                let actual = Self.attend(test, on: backend, isAligned: isAligned)
                #expect(
                    relativeError(actual, expected) < test.tolerance,
                    "\(configuration.testDescription), aligned \(isAligned)")
            }
        }
    }

    /// How much each key counts: the weights of the definition, summed over the queries, averaged over the heads.
    @Test(arguments: Case.all.filter { !$0.isCausal && $0.members == nil })
    func weightsOfKeys(_ test: Case) {
        let queries = test.queries.values.prefix(test.tokens * test.channels)
        let keys = test.keysValues.flatMap(\.keys.values)
        var expected = PlainTensor(zeros: [keys.count / test.channels])
        for first in stride(from: 0, to: queries.count, by: test.depth) {
            let head = first % test.channels
            var scores = expected.values.indices.map { key in
                (0..<test.depth).reduce(0.0) {
                    $0 + queries[first + $1] * keys[key * test.channels + head + $1]
                } / Double(test.depth).squareRoot()
            }
            let top = scores.max() ?? 0
            scores = scores.map { exp($0 - top) }
            let total = scores.reduce(0, +)
            for key in scores.indices { expected.values[key] += scores[key] / total / Double(test.heads) }
        }
        for configuration in Configurations.kernels {
            let backend = CPUBackend(configuration)
            let actual = PlainTensor([test.tokens, test.channels], Array(queries)).tensor(on: backend)
                .attentionWeights(
                    over: test.keysValues.map {
                        KeysValues(keys: $0.keys.tensor(on: backend), values: $0.values.tensor(on: backend))
                    }, heads: test.heads)
            #expect(relativeError(actual, expected) < test.tolerance, "\(configuration.testDescription)")
        }
    }

    /// Which reference stands first must not matter.
    @Test(arguments: Case.all.filter { !$0.isCausal })
    func orderOfSegments(_ test: Case) {
        for configuration in Configurations.kernels {
            let backend = CPUBackend(configuration)
            let forward = Self.attend(test, on: backend)
            let backward = Self.attend(test, on: backend, order: { $0.reversed() })
            let expected = PlainTensor(test.queries.shape, forward.elements.map { Double($0) })
            #expect(relativeError(backward, expected) < test.tolerance, "\(configuration.testDescription)")
        }
    }

    /// Segments that share memory but are not the same: other values, fewer tokens.
    @Test(arguments: Configurations.kernels)
    func overlappingSegments(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        let queries = PlainTensor(random: [1, 5, 16], seed: 1)
        let keys = PlainTensor(random: [9, 16], seed: 2)
        let (values, others) = (
            PlainTensor(random: [9, 16], seed: 3), PlainTensor(random: [9, 16], seed: 4)
        )
        let k = keys.tensor(on: backend)
        let (v, o) = (values.tensor(on: backend), others.tensor(on: backend))
        let actual = queries.tensor(on: backend).attention(
            over: [
                [
                    KeysValues(keys: k, values: v), KeysValues(keys: k, values: o),
                    KeysValues(keys: k[rows: 0..<4], values: v[rows: 0..<4]),
                    KeysValues(keys: k[rows: 3..<8], values: o[rows: 1..<6]),
                ]
            ], heads: 2)
        let expected = PlainOperations.attention(
            queries,
            keysValues: [
                [
                    (keys, values), (keys, others), (keys.rows(0..<4), values.rows(0..<4)),
                    (keys.rows(3..<8), others.rows(1..<6)),
                ]
            ], heads: 2, isCausal: false)
        #expect(relativeError(actual, expected) < 1e-6)
    }

    /// A key or a value that is not a number shows in every query that sees it, and in no other.
    @Test(arguments: Configurations.kernels, [false, true])
    func notANumber(_ configuration: CPUConfiguration, _ inKeys: Bool) {
        let backend = CPUBackend(configuration)
        var broken = PlainTensor(random: [9, 8], seed: 3)
        broken.values[2 * 8 + 1] = .nan
        let sound = PlainTensor(random: [9, 8], seed: 4)
        let (good, bad) = (sound.tensor(on: backend), broken.tensor(on: backend))
        let queries = PlainTensor(random: [2, 3, 8], seed: 1).tensor(on: backend)
        let actual = queries.attention(
            over: [
                [KeysValues(keys: inKeys ? bad : good, values: inKeys ? good : bad)],
                [KeysValues(keys: good, values: good)],
            ], heads: 2)
        for token in 0..<3 { #expect(actual.floats[token * 8 + 1].isNaN) }
        #expect(actual.floats[24...].allSatisfy { $0.isFinite })
    }
}
