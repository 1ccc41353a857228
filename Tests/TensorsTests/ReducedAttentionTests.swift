import CKernels
import Tensors
import TestSupport
import Testing

/// Attention whose factors are rounded to bfloat16: near the definition, and the same numbers from every version of the kernel.
@Suite struct ReducedAttentionTests {
    /// Versions of the kernel that this processor runs, the portable one first.
    static var contexts: [ck_context] {
        let sets = [CK_GENERIC, CK_AVX2, CK_AVX512].filter { $0.rawValue <= ck_detect_isa().rawValue }
        let plain = sets.map { ck_context(threads: 2, isa: $0, tiles: false) }
        let hasTiles = ck_detect_isa() == CK_AVX512 && ck_detect_tiles()
        return plain + (hasTiles ? [ck_context(threads: 2, isa: CK_AVX512, tiles: true)] : [])
    }

    private func attend(_ test: AttentionTests.Case, _ context: ck_context) -> [Float] {
        var context = context
        let backend = CPUBackend(CPUConfiguration(threads: 2))
        let queries = test.queries.tensor(on: backend)
        let tensors = test.keysValues.map {
            (keys: $0.keys.tensor(on: backend), values: $0.values.tensor(on: backend))
        }
        let segments = tensors.map {
            ck_segment(
                keys: $0.keys.floats.baseAddress, values: $0.values.floats.baseAddress,
                tokens: $0.keys.shape[0])
        }
        var first = [0]
        for members in test.seen { first.append(first[first.count - 1] + members.count) }
        let members = test.seen.flatMap { $0 }
        let out = Tensor(repeating: .nan, shape: queries.shape, on: backend)
        let workspace = backend.allocate(
            byteCount: ck_attention_workspace(
                &context, test.channels, test.heads, segments, segments.count, false, true))
        withExtendedLifetime((tensors, workspace)) {
            ck_attention(
                &context, out.rawPointer, false, queries.floats.baseAddress, test.images, test.tokens,
                test.channels, test.heads, segments, segments.count, first, members, false, true, nil,
                workspace.pointer)
        }
        return out.elements
    }

    @Test(arguments: AttentionTests.Case.all.filter { !$0.isCausal })
    func definition(_ test: AttentionTests.Case) {
        let segments = test.keysValues
        let expected = PlainOperations.attention(
            test.queries, keysValues: test.seen.map { $0.map { segments[$0] } }, heads: test.heads,
            isCausal: false
        ).values.map { Float($0) }
        let portable = attend(test, Self.contexts[0])
        // A score of magnitude s is off by s/256 or so, and its probability by that share.
        let tolerance = 0.01 * max(1, test.deviation * test.deviation)
        #expect(relativeDifference(portable, expected) < tolerance)
        #expect(test.deviation == 0 || relativeDifference(portable, expected) > 1e-5)
        for context in Self.contexts.dropFirst() {
            let same = relativeDifference(attend(test, context), portable)
            #expect(same < 2e-3 * max(1, test.deviation), "\(context.isa), tiles \(context.tiles)")
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
        let causal = AttentionTests.Case(
            images: 1, tokens: 77, heads: 2, depth: 64, segments: [77], isCausal: true)
        #expect(
            AttentionTests.attend(
                causal, on: CPUBackend(CPUConfiguration(threads: 2, precision: .bfloat16))
            ).elements
                == AttentionTests.attend(causal, on: CPUBackend(CPUConfiguration(threads: 2))).elements)
    }
}
