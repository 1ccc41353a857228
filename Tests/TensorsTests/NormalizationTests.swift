import Tensors
import Testing

@Suite struct NormalizationTests {
    struct GroupNormCase: Sendable, CustomTestStringConvertible {
        let shape: [Int]
        let groups: Int
        var mean = 0.0
        var deviation = 1.0
        var hasOffset = false
        var activation: Activation?
        var outlier: Double?
        var tolerance = 2e-6

        var testDescription: String {
            "\(shape) in \(groups) groups, mean \(mean), deviation \(deviation)"
                + (hasOffset ? ", offset" : "") + (activation.map { ", \($0)" } ?? "")
                + (outlier.map { ", outlier \($0)" } ?? "")
        }

        static let all: [GroupNormCase] =
            [
                GroupNormCase(shape: [1, 7, 5, 32], groups: 32, activation: .silu),
                GroupNormCase(shape: [1, 7, 5, 32], groups: 1, activation: .relu),
                GroupNormCase(shape: [3, 1, 1, 64], groups: 32, hasOffset: true, activation: .silu),
                GroupNormCase(shape: [2, 33, 31, 37], groups: 37, hasOffset: true),
                GroupNormCase(shape: [2, 13, 11, 33], groups: 3, hasOffset: true, activation: .silu),
                GroupNormCase(shape: [1, 3, 3, 1], groups: 1),
                GroupNormCase(shape: [2, 5, 4], groups: 2, activation: .relu),
                GroupNormCase(shape: [1, 41, 43, 96], groups: 32, hasOffset: true, activation: .silu),
                GroupNormCase(shape: [1, 130, 131, 17], groups: 17, activation: .silu),
                GroupNormCase(shape: [1, 3, 2, 20_011], groups: 1),
                // Activations that the kernel does not fuse.
                GroupNormCase(shape: [1, 6, 7, 24], groups: 4, activation: .gelu),
                GroupNormCase(shape: [1, 6, 7, 24], groups: 4, activation: .quickGELU),
                GroupNormCase(shape: [1, 6, 7, 24], groups: 4, activation: .tanh),
                // A mean far larger than the deviation.
                GroupNormCase(shape: [1, 19, 23, 32], groups: 4, mean: 1e4, deviation: 0.5),
                GroupNormCase(
                    shape: [2, 19, 23, 33], groups: 3, mean: -1e4, deviation: 0.05, hasOffset: true,
                    activation: .silu),
                GroupNormCase(
                    shape: [1, 64, 65, 16], groups: 16, mean: 1e4, deviation: 0.01, tolerance: 1e-5),
                GroupNormCase(shape: [1, 8, 8, 16], groups: 4, mean: 0, deviation: 1e-4),
                // A first pixel far from the others.
                GroupNormCase(shape: [1, 32, 33, 16], groups: 16, outlier: 30),
                GroupNormCase(shape: [1, 32, 33, 35], groups: 7, outlier: -1000),
            ] + (1...33).map { GroupNormCase(shape: [1, 3, 5, $0], groups: 1, activation: .silu) }

        var x: PlainTensor {
            var x = PlainTensor(random: shape, seed: 1, mean: mean, deviation: deviation)
            if let outlier { for c in 0..<x.last { x.values[c] = outlier } }
            return x
        }
        var weight: PlainTensor { PlainTensor(random: [shape.last!], seed: 2, mean: 1, deviation: 0.3) }
        var bias: PlainTensor { PlainTensor(random: [shape.last!], seed: 3) }
        var offset: PlainTensor? {
            hasOffset ? PlainTensor(random: [shape[0], shape.last!], seed: 4, deviation: 2) : nil
        }
    }

    @Test(arguments: GroupNormCase.all)
    func groupNorm(_ test: GroupNormCase) {
        let expected = PlainOperations.groupNorm(
            test.x, groups: test.groups, weight: test.weight, bias: test.bias, epsilon: 1e-6,
            offset: test.offset, activation: test.activation)
        for configuration in Configurations.kernels {
            let backend = CPUBackend(configuration)
            for x in [test.x.tensor(on: backend), test.x.unalignedTensor(on: backend)] {
                let actual = x.groupNorm(
                    groups: test.groups, weight: test.weight.parameter(on: backend),
                    bias: test.bias.parameter(on: backend), epsilon: 1e-6,
                    offset: test.offset?.tensor(on: backend), activation: test.activation)
                let error = relativeError(actual, expected)
                #expect(error < test.tolerance, "\(configuration.testDescription)")
            }
        }
    }

    @Test(arguments: Configurations.kernels, [ElementType.float16, .bfloat16])
    func reducedPrecisionWeights(_ configuration: CPUConfiguration, _ type: ElementType) {
        let backend = CPUBackend(configuration)
        let x = PlainTensor(random: [2, 5, 3, 35], seed: 1)
        let (weight, plainWeight) = PlainTensor(random: [35], seed: 2, mean: 1).parameter(type, on: backend)
        let (bias, plainBias) = PlainTensor(random: [35], seed: 3).parameter(type, on: backend)
        for _ in 0..<2 {
            let group = x.tensor(on: backend).groupNorm(groups: 5, weight: weight, bias: bias, epsilon: 1e-5)
            let expectedGroup = PlainOperations.groupNorm(
                x, groups: 5, weight: plainWeight, bias: plainBias, epsilon: 1e-5, offset: nil,
                activation: nil)
            #expect(relativeError(group, expectedGroup) < 1e-6)
            let layer = x.tensor(on: backend).layerNorm(weight: weight, bias: bias, epsilon: 1e-5)
            let expectedLayer = PlainOperations.layerNorm(
                x, weight: plainWeight, bias: plainBias, epsilon: 1e-5)
            #expect(relativeError(layer, expectedLayer) < 1e-6)
        }
    }

    @Test(arguments: Configurations.kernels)
    func layerNorm(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        let shapes =
            (1...33).map { [2, 3, $0] } + [[1, 1, 320], [2, 77, 768], [5, 7, 1031], [1, 2, 40_009]]
        for shape in shapes {
            let weight = PlainTensor(random: [shape[2]], seed: 2, mean: 1)
            let bias = PlainTensor(random: [shape[2]], seed: 3)
            for (mean, deviation) in [(0.0, 1.0), (3.0, 0.1), (1e4, 0.5), (0, 1e-3)] {
                let x = PlainTensor(random: shape, seed: 1, mean: mean, deviation: deviation)
                let expected = PlainOperations.layerNorm(x, weight: weight, bias: bias, epsilon: 1e-5)
                let actual = x.unalignedTensor(on: backend).layerNorm(
                    weight: weight.parameter(on: backend), bias: bias.parameter(on: backend), epsilon: 1e-5)
                #expect(relativeError(actual, expected) < 2e-6, "\(shape), mean \(mean)")
            }
        }
    }

    /// A constant row has no deviation: what is left is the bias.
    @Test(arguments: Configurations.kernels)
    func constantInput(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        let x = Tensor(repeating: 1234.5, shape: [1, 5, 7, 36], on: backend)
        let weight = PlainTensor(random: [36], seed: 2)
        let bias = PlainTensor(random: [36], seed: 3)
        let expected = PlainTensor([1, 5, 7, 36], Array((0..<35).map { _ in bias.values }.joined()))
        let group = x.groupNorm(
            groups: 6, weight: weight.parameter(on: backend), bias: bias.parameter(on: backend), epsilon: 1e-6
        )
        #expect(relativeError(group, expected) < 1e-6)
        let layer = x.layerNorm(
            weight: weight.parameter(on: backend), bias: bias.parameter(on: backend), epsilon: 1e-6)
        #expect(relativeError(layer, expected) < 1e-6)
    }

    @Test(arguments: Configurations.kernels)
    func notANumber(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        var x = PlainTensor(random: [2, 3, 3, 20], seed: 1)
        x.values[5] = .nan
        let one = PlainTensor([20], Array(repeating: 1, count: 20))
        let normal = x.tensor(on: backend).groupNorm(
            groups: 2, weight: one.parameter(on: backend), bias: one.parameter(on: backend), epsilon: 1e-6,
            activation: .silu)
        #expect(normal.floats[0].isNaN && normal.floats[5].isNaN)
        #expect(!normal.floats[10].isNaN && !normal.floats[180].isNaN)
    }
}
