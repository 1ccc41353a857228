import Tensors
import Testing

/// The own kernels split their work in a way that does not depend on the number of threads.
@Suite struct ThreadTests {
    static let operations: [(name: String, run: @Sendable (CPUBackend) -> Tensor)] = [
        (
            "activation",
            { PlainTensor(random: [100_003], seed: 1).tensor(on: $0).activated(.gelu) }
        ),
        ("geglu", { PlainTensor(random: [3, 101, 514], seed: 1).tensor(on: $0).geglu() }),
        (
            "group norm",
            {
                PlainTensor(random: [2, 71, 73, 35], seed: 1, mean: 3).tensor(on: $0).groupNorm(
                    groups: 5, weight: PlainTensor(random: [35], seed: 2).parameter(on: $0),
                    bias: PlainTensor(random: [35], seed: 3).parameter(on: $0), epsilon: 1e-5,
                    offset: PlainTensor(random: [2, 35], seed: 4).tensor(on: $0), activation: .silu)
            }
        ),
        (
            "layer norm",
            {
                PlainTensor(random: [2, 131, 321], seed: 1).tensor(on: $0).layerNorm(
                    weight: PlainTensor(random: [321], seed: 2).parameter(on: $0),
                    bias: PlainTensor(random: [321], seed: 3).parameter(on: $0), epsilon: 1e-5)
            }
        ),
        (
            "attention",
            {
                AttentionTests.attend(
                    .init(images: 2, tokens: 211, heads: 3, depth: 40, segments: [211, 77, 300]), on: $0)
            }
        ),
        (
            "linear combination",
            {
                Tensor.linearCombination([
                    (0.3, PlainTensor(random: [70_001], seed: 1).tensor(on: $0)),
                    (-1.7, PlainTensor(random: [70_001], seed: 2).tensor(on: $0)),
                ])
            }
        ),
        (
            "upsampling",
            { PlainTensor(random: [2, 31, 33, 35], seed: 1).tensor(on: $0).upsampledNearest2x() }
        ),
        ("transposition", { PlainTensor(random: [3, 31, 33, 35], seed: 1).tensor(on: $0).channelsFirst() }),
    ]

    @Test(arguments: Configurations.instructionSets, Array(operations.indices))
    func sameBits(_ instructionSet: CPUConfiguration.InstructionSet, _ index: Int) {
        let (name, run) = Self.operations[index]
        let alone = run(CPUBackend(CPUConfiguration(threads: 1, instructionSet: instructionSet)))
        for threads in [2, 3, 5] {
            let together = run(CPUBackend(CPUConfiguration(threads: threads, instructionSet: instructionSet)))
            #expect(isBitwiseEqual(alone, together), "\(name) on \(threads) threads")
        }
    }

    /// Backends on several threads at a time do not disturb each other.
    @Test func concurrentBackends() async {
        let test = AttentionTests.Case(images: 1, tokens: 60, heads: 2, depth: 40, segments: [77, 129])
        let x = PlainTensor(random: [1, 9, 9, 16], seed: 1)
        let weight = PlainTensor(random: [24, 16, 3, 3], seed: 2)
        let geometry = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
        let expected = PlainOperations.convolution(
            x, weight, bias: nil, geometry: geometry, residual: nil, activation: nil)
        let reference = AttentionTests.attend(test, on: CPUBackend()).elements
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<6 {
                group.addTask {
                    let backend = CPUBackend(
                        CPUConfiguration(threads: 1 + index % 3, usesOneDNN: index % 2 == 0))
                    let parameter = weight.parameter(on: backend)
                    return (0..<20).allSatisfy { _ in
                        let convolved = x.tensor(on: backend).convolution(
                            parameter, bias: nil, geometry: geometry)
                        return AttentionTests.attend(test, on: backend).elements == reference
                            && relativeError(convolved, expected) < 1e-6
                    }
                }
            }
            for await isSame in group { #expect(isSame) }
        }
    }
}
