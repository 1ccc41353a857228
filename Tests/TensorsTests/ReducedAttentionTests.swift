import CKernels
import Foundation
import Tensors
import TestSupport
import Testing

/// Attention whose factors are rounded, to bfloat16 or to integers of 16 bits: near the definition, and the same numbers from
/// every version of the kernel.
@Suite struct ReducedAttentionTests {
    /// Versions of the kernel that this processor runs, the portable one first.
    static var contexts: [ck_context] {
        let sets = [CK_GENERIC, CK_AVX2, CK_AVX512].filter { $0.rawValue <= ck_detect_isa().rawValue }
        let plain = sets.map { ck_context(threads: 2, isa: $0, tiles: false) }
        let hasTiles = ck_detect_isa() == CK_AVX512 && ck_detect_tiles()
        return plain + (hasTiles ? [ck_context(threads: 2, isa: CK_AVX512, tiles: true)] : [])
    }

    private func attend(
        _ test: AttentionTests.Case, _ context: ck_context, _ factors: ck_weights = CK_BFLOATS,
        keptAsBFloat16: Bool = false,
        change: (_ queries: Tensor, _ segments: [(keys: Tensor, values: Tensor)]) -> Void = { _, _ in }
    ) -> [Float] {
        var context = context
        let backend = CPUBackend(CPUConfiguration(threads: 2))
        let queries = test.queries.tensor(on: backend)
        let tensors = test.keysValues.map {
            (keys: $0.keys.tensor(on: backend), values: $0.values.tensor(on: backend))
        }
        change(queries, tensors)
        let keeping = CPUBackend(
            CPUConfiguration(
                threads: 2, instructionSet: .avx2, precision: .bfloat16, narrows: true))
        let entries = tensors.map { KeysValues(keys: $0.keys, values: $0.values) }
            .map { keptAsBFloat16 ? keeping.kept($0) : $0 }
        let segments = entries.map {
            ck_segment(
                keys: $0.keys.rawPointer, values: $0.values.rawPointer, tokens: $0.keys.shape[0],
                bfloat16: $0.keys.elementType == .bfloat16)
        }
        var first = [0]
        for members in test.seen { first.append(first[first.count - 1] + members.count) }
        let members = test.seen.flatMap { $0 }
        let out = Tensor(repeating: .nan, shape: queries.shape, on: backend)
        let workspace = backend.allocate(
            byteCount: ck_attention_workspace(
                &context, test.channels, test.heads, segments, segments.count, false, factors))
        withExtendedLifetime((entries, workspace)) {
            ck_attention(
                &context, out.rawPointer, false, queries.floats.baseAddress, test.images, test.tokens,
                test.channels, test.heads, segments, segments.count, first, members, false, factors, nil,
                workspace.pointer)
        }
        return out.elements
    }

    private static func defined(_ test: AttentionTests.Case) -> [Float] {
        let segments = test.keysValues
        return PlainOperations.attention(
            test.queries, keysValues: test.seen.map { $0.map { segments[$0] } }, heads: test.heads,
            isCausal: false
        ).values.map { Float($0) }
    }

    @Test(arguments: AttentionTests.Case.all.filter { !$0.isCausal })
    func definition(_ test: AttentionTests.Case) {
        let expected = Self.defined(test)
        let portable = attend(test, Self.contexts[0])
        // A score of magnitude s is off by s/256 or so, and its probability by that share.
        let tolerance = 0.01 * max(1, test.deviation * test.deviation)
        #expect(relativeDifference(portable, expected) < tolerance)
        #expect(test.deviation == 0 || relativeDifference(portable, expected) > 1e-5)
        for context in Self.contexts.dropFirst() {
            let same = relativeDifference(attend(test, context), portable)
            #expect(same < 3e-3 * max(1, test.deviation), "\(context.isa), tiles \(context.tiles)")
        }
    }

    /// Bytes where the processor multiplies these; elsewhere it is bfloat16.
    @Test(arguments: AttentionTests.Case.all.filter { !$0.isCausal && $0.deviation <= 1 })
    func bytes(_ test: AttentionTests.Case) {
        let expected = Self.defined(test)
        for context in Self.contexts {
            let difference = relativeDifference(attend(test, context, CK_QUADS), expected)
            #expect(difference < 0.03, "\(context.isa)")
        }
    }

    /// Of whole numbers that are bytes as they are only the weights are rounded, however large the scores are.
    @Test(
        .enabled(if: contexts.contains(where: multipliesBytes)),
        arguments: [1, 31, 128, 129, 300], [1, 8, 40, 72, 160])
    func bytesOfWholeNumbers(_ tokens: Int, _ depth: Int) throws {
        let test = AttentionTests.Case(images: 1, tokens: 53, heads: 2, depth: depth, segments: [tokens, 5])
        let context = try #require(Self.contexts.first(where: Self.multipliesBytes))
        let reference = ck_context(threads: 2, isa: CK_REFERENCE, tiles: false)
        for deviation in [Float(0), 0.5, 2, 8, 100, 30_000] {
            let outputs = [(reference, CK_FLOATS), (context, CK_QUADS)].map { context, factors in
                attend(test, context, factors) { queries, segments in
                    // The first number of each row, and of each channel in a block, is the largest of all.
                    Self.makeWhole(queries) { $0 % depth == 0 }
                    for segment in segments {
                        Self.makeWhole(segment.keys) { $0 % depth == 0 }
                        Self.makeWhole(segment.values) { $0 / (2 * depth) % 128 == 0 }
                    }
                    for index in 0..<queries.count { queries.floats[index] *= deviation / (40 * 40) }
                }
            }
            #expect(relativeDifference(outputs[1], outputs[0]) < 0.02, "\(deviation)")
        }
    }

    private static func multipliesBytes(_ context: ck_context) -> Bool {
        var context = context
        return ck_attention_multiplies_bytes(&context)
    }

    /// Whole numbers, of which some are the largest there are.
    private static func makeWhole(_ tensor: Tensor, largest: (Int) -> Bool) {
        for index in 0..<tensor.count {
            let number = (tensor.floats[index] * 40).rounded()
            tensor.floats[index] = largest(index) ? (number < 0 ? -127 : 127) : max(-127, min(127, number))
        }
    }

    /// A block that is not full: what is not there neither counts nor is the largest, however far below zero the scores are.
    @Test(arguments: [1, 5, 64, 67, 127, 130], [CK_BFLOATS, CK_WORDS, CK_QUADS])
    func missingTokens(_ tokens: Int, _ factors: ck_weights) {
        let test = AttentionTests.Case(images: 1, tokens: 19, heads: 1, depth: 16, segments: [tokens])
        for context in Self.contexts {
            for score in [Float(-300), -20, 0, 20, 300] {
                let out = attend(test, context, factors) { queries, segments in
                    for index in 0..<queries.count { queries.floats[index] = 1 }
                    for index in 0..<tokens * 16 {
                        segments[0].keys.floats[index] = score / 4
                        segments[0].values.floats[index] = index < 16 ? 4 : -4
                    }
                }
                let expected = 8 / Float(tokens) - 4
                #expect(
                    out.allSatisfy { abs($0 - expected) < 1e-3 },
                    "\(context.isa), \(score): \(out[0]), \(expected)")
            }
        }
    }

    /// How long queries and keys are bounds their scores, so that none need be searched for unless all are far below that; results
    /// meet at these borders, whatever the number of tokens and channels is.
    @Test(arguments: [1, 31, 32, 77, 128, 129, 300], [1, 8, 40, 72, 96])
    func bordersOfLargeScores(_ tokens: Int, _ depth: Int) {
        let test = AttentionTests.Case(
            images: 1, tokens: 53, heads: 2, depth: depth, segments: [tokens, 5])
        for longest in [Float(1), 40, 54, 56, 58, 90, 140, 300, 3000] {
            let outputs = Self.contexts.map { context in
                attend(test, context) { queries, segments in
                    // Of the longest query and the longest key of a head, as natural exponents.
                    let lengths = [queries, segments[0].keys].map { tensor in
                        stride(from: 0, to: tensor.count, by: depth).map { row in
                            (row..<row + depth).reduce(0) { $0 + tensor.floats[$1] * tensor.floats[$1] }
                        }.max()!.squareRoot()
                    }
                    let factor = longest * Float(depth).squareRoot() / (lengths[0] * lengths[1])
                    for index in 0..<queries.count { queries.floats[index] *= factor }
                }
            }
            #expect(outputs[0].allSatisfy { $0.isFinite })
            for (context, output) in zip(Self.contexts, outputs).dropFirst() {
                let difference = relativeDifference(output, outputs[0])
                #expect(difference < 0.01, "\(context.isa), tiles \(context.tiles), \(longest)")
            }
        }
    }

    /// As integers: a query has a scale, and so have a block's keys and values, so what is rounded is a share of the largest of them.
    @Test(arguments: AttentionTests.Case.all.filter { !$0.isCausal })
    func words(_ test: AttentionTests.Case) {
        let expected = Self.defined(test)
        let portable = attend(test, Self.contexts[0], CK_WORDS)
        let tolerance = 1.5e-3 * max(1, test.deviation * test.deviation / 4)
        #expect(relativeDifference(portable, expected) < tolerance)
        for context in Self.contexts.dropFirst() {
            // Numbers may fall to the other side of a half.
            let same = relativeDifference(attend(test, context, CK_WORDS), portable)
            #expect(same < 2e-4 * max(1, test.deviation), "\(context.isa)")
        }
    }

    /// Keys and values that are kept as bfloat16 are those numbers, whatever they are multiplied as.
    @Test(arguments: AttentionTests.Case.all.filter { !$0.isCausal && $0.deviation == 1 })
    func keysAndValuesInBFloat16(_ test: AttentionTests.Case) {
        let reference = ck_context(threads: 2, isa: CK_REFERENCE, tiles: false)
        for context in [reference] + Self.contexts {
            for factors in [CK_FLOATS, CK_BFLOATS, CK_WORDS, CK_QUADS] {
                let kept = attend(test, context, factors, keptAsBFloat16: true)
                let rounded = attend(test, context, factors) { _, segments in
                    for tensor in segments.flatMap({ [$0.keys, $0.values] }) {
                        for index in 0..<tensor.count {
                            let bits = tensor.floats[index].bitPattern
                            tensor.floats[index] = Float(
                                bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
                        }
                    }
                }
                #expect(kept == rounded, "\(context.isa), \(factors)")
            }
        }
    }

    /// All of a block count the same, and all values are the largest there are: the sums are the largest, and still exact.
    @Test(arguments: [1, 40, 97, 512], [1, 31, 128, 300])
    func largestSums(_ depth: Int, _ tokens: Int) {
        for factors in [CK_WORDS, CK_QUADS] { largestSums(depth, tokens, factors) }
    }

    private func largestSums(_ depth: Int, _ tokens: Int, _ factors: ck_weights) {
        let test = AttentionTests.Case(images: 1, tokens: 7, heads: 1, depth: depth, segments: [tokens])
        for context in Self.contexts {
            // Scores up to a million, of which a product's last digit is more than a whole exponent.
            for (query, key, value) in [(Float(1), Float(1), Float(3)), (1, -1, -3), (1, 0, 3)]
                + stride(from: Float(20), to: 1200, by: 61).map({ ($0, $0 * 0.7, 3) })
            {
                let out = attend(test, context, factors) { queries, segments in
                    for index in 0..<queries.count { queries.floats[index] = query }
                    for index in 0..<segments[0].keys.count {
                        segments[0].keys.floats[index] = key
                        segments[0].values.floats[index] = value
                    }
                }
                #expect(out.allSatisfy { abs($0 / value - 1) < 2e-6 }, "\(context.isa), \(factors), \(key)")
            }
        }
    }

    /// Many small ones beside one large one in another block keep what they are worth.
    @Test(arguments: [CK_WORDS, CK_QUADS]) func smallProbabilities(_ factors: ck_weights) {
        let test = AttentionTests.Case(images: 1, tokens: 5, heads: 1, depth: 8, segments: [128, 4096])
        for context in Self.contexts {
            let out = attend(test, context, factors) { queries, segments in
                for index in 0..<queries.count { queries.floats[index] = 1 }
                for index in 0..<segments[0].keys.count {
                    // The first key alone scores 9 more than the others, which are so many that they weigh half as much.
                    segments[0].keys.floats[index] = index < 8 ? Float(9 / 8.0.squareRoot()) : -9
                    segments[0].values.floats[index] = 1
                }
                for index in 0..<segments[1].keys.count {
                    segments[1].keys.floats[index] = 0
                    segments[1].values.floats[index] = -1
                }
            }
            let weight = Float(4096 * exp(-9.0))
            let expected = (1 - weight) / (1 + weight)
            // In bfloat16 nine is not what it was.
            let tolerance: Float = factors == CK_WORDS || Self.multipliesBytes(context) ? 1e-3 : 0.03
            #expect(
                out.allSatisfy { abs($0 - expected) < tolerance }, "\(context.isa): \(out[0]), \(expected)")
        }
    }

    @Test func whatIsNotFinite() {
        let test = AttentionTests.Case(images: 1, tokens: 9, heads: 2, depth: 8, segments: [40, 3])
        for context in Self.contexts {
            for factors in [CK_BFLOATS, CK_WORDS, CK_QUADS] {
                for strange in [Float.nan, .infinity] {
                    let query = attend(test, context, factors) { queries, _ in
                        queries.floats[2 * 16 + 3] = strange
                    }
                    #expect(query.indices.allSatisfy { query[$0].isNaN == ($0 / 8 == 4) }, "\(context.isa)")
                }
                let key = attend(test, context, factors) { $1[0].keys.floats[7 * 16 + 9] = .nan }
                #expect(key.indices.allSatisfy { key[$0].isNaN == ($0 / 8 % 2 == 1) }, "\(context.isa)")
            }
            // With words a block's values have one scale, with bytes each channel has its own.
            for factors in Self.multipliesBytes(context) ? [CK_WORDS, CK_QUADS] : [CK_WORDS] {
                for strange in [Float.nan, .infinity] {
                    let key = attend(test, context, factors) { $1[0].keys.floats[7 * 16 + 9] = strange }
                    #expect(key.indices.allSatisfy { key[$0].isNaN == ($0 / 8 % 2 == 1) }, "\(context.isa)")
                    let value = attend(test, context, factors) { $1[1].values.floats[16 + 1] = strange }
                    for (index, number) in value.enumerated() {
                        let isReached = factors == CK_WORDS ? index / 8 % 2 == 0 : index % 16 == 1
                        #expect(number.isNaN == isReached, "\(context.isa)")
                    }
                }
            }
        }
    }

    /// In int8 bytes are for many tokens, and for what bears them.
    @Test func backendOfBytes() {
        let many = AttentionTests.Case(images: 1, tokens: 70, heads: 2, depth: 40, segments: [1024, 77])
        let few = AttentionTests.Case(images: 2, tokens: 50, heads: 2, depth: 40, segments: [1000, 77])
        let backends = [Precision.bfloat16, .int8].map {
            CPUBackend(CPUConfiguration(threads: 2, precision: $0, narrows: true))
        }
        let configuration = backends[1].configuration
        let multiplies =
            Self.contexts.contains(where: Self.multipliesBytes) && configuration.supports(.bfloat16)
            && configuration.supports(.int8)
        for (test, coarsest) in [(many, Precision.int8), (many, .bfloat16), (few, .int8)] {
            let outputs = backends.map { AttentionTests.attend(test, on: $0, bearing: coarsest).elements }
            let difference = relativeDifference(outputs[1], outputs[0])
            let areBytes = multiplies && test.segments[0] == 1024 && coarsest == .int8
            #expect(areBytes ? difference > 5e-3 && difference < 0.03 : difference < 3e-3, "\(coarsest)")
        }
    }

    /// A backend of reduced precision uses it where that is faster, or where the processor has no bfloat16 and what rounding
    /// does is to be seen; never for causal attention.
    @Test func backend() {
        let test = AttentionTests.Case(images: 2, tokens: 50, heads: 2, depth: 40, segments: [129, 77])
        let exact = AttentionTests.attend(test, on: CPUBackend(CPUConfiguration(threads: 2))).elements
        for precision in [Precision.bfloat16, .int8] {
            let configuration = CPUConfiguration(threads: 2, precision: precision)
            let actual = AttentionTests.attend(test, on: CPUBackend(configuration)).elements
            #expect(relativeDifference(actual, exact) < 0.01)
            #expect(configuration.supports(precision) || actual != exact)
        }
        let words = CPUConfiguration(threads: 2, precision: .bfloat16, narrows: true)
        let narrow = AttentionTests.attend(test, on: CPUBackend(words)).elements
        #expect(relativeDifference(narrow, exact) < (words.supports(.bfloat16) ? 0.01 : 1e-3))
        let causal = AttentionTests.Case(
            images: 1, tokens: 77, heads: 2, depth: 64, segments: [77], isCausal: true)
        #expect(
            AttentionTests.attend(
                causal, on: CPUBackend(CPUConfiguration(threads: 2, precision: .bfloat16))
            ).elements
                == AttentionTests.attend(causal, on: CPUBackend(CPUConfiguration(threads: 2))).elements)
    }
}
