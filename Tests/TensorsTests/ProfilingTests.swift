import Tensors
import TestSupport
import Testing

/// A profile changes no number, and counts the work.
@Suite struct ProfilingTests {
    private func compute(on backend: any Backend) -> [Tensor] {
        func parameter(_ shape: Shape, _ seed: UInt64) -> Parameter {
            Parameter(name: "p", value: Tensor(normal: shape, seed: seed, on: backend))
        }
        let x = Tensor(normal: [2, 5, 7, 16], seed: 1, on: backend)
        let norm = (parameter([16], 2), parameter([16], 3))
        let y = x.groupNorm(groups: 4, weight: norm.0, bias: norm.1, epsilon: 1e-5, activation: .silu)
            .convolution(
                parameter([8, 16, 3, 3], 4), bias: parameter([8], 5),
                geometry: ConvolutionGeometry(kernel: 3, stride: 2, paddingBefore: 1, paddingAfter: 1))
        let tokens = y.reshaped([2, 12, 8])
        let keys = KeysValues(
            keys: Tensor(normal: [6, 8], seed: 6, on: backend),
            values: Tensor(normal: [6, 8], seed: 7, on: backend))
        let attended = tokens.attention(over: [[keys], [keys, keys]], heads: 2)
        let z = attended.linearGEGLU(parameter([32, 8], 8), bias: parameter([32], 9))
        return [y, attended, z, z.geglu(), z + z, z.activated(.tanh)]
    }

    @Test func sameNumbersAndTheWorkCounted() throws {
        let base = CPUBackend()
        let profiler = ProfilingBackend(base)
        let plain = compute(on: base).map(\.elements)
        let profiled = compute(on: profiler).map(\.elements)
        #expect(plain == profiled)
        let profile = profiler.profile
        #expect(profile.count == 7 && profile.allSatisfy { $0.calls == 1 && $0.seconds > 0 })
        #expect(zip(profile, profile.dropFirst()).allSatisfy { $0.seconds >= $1.seconds })
        func operations(_ name: String) throws -> Double {
            try #require(profile.first { $0.operation.hasPrefix(name) }).operations
        }
        // 2 images of 3 x 4 pixels; 12 queries over 6 and over 12 keys.
        #expect(try operations("convolution 3x3, stride 2") == 2 * 24 * 8 * 16 * 9)
        #expect(try operations("attention") == 4 * 12 * 8 * (6 + 12))
        #expect(try operations("linearGEGLU") == 2 * 24 * 32 * 8)
        #expect(try operations("groupNorm") == 0)
        _ = compute(on: profiler)
        #expect(profiler.profile.allSatisfy { $0.calls == 2 })
        profiler.reset()
        #expect(profiler.profile.isEmpty)
    }
}
