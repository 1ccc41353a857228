import Tensors
import Testing

/// Weights of 16 and 8 bits that are multiplied as floats: they alone are rounded.
@Suite struct NarrowWeightTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let shape: [Int]
        let channels: Int
        var kernel = 1
        var stride = 1
        var padding = (0, 0)

        var testDescription: String {
            "\(shape) to \(channels), kernel \(kernel), stride \(stride), padding \(padding)"
        }

        static let all = [
            Case(shape: [1, 1, 1, 5], channels: 1),
            Case(shape: [1, 1, 130, 37], channels: 45),
            Case(shape: [2, 1, 49, 64], channels: 160),
            Case(shape: [1, 1, 7, 2600], channels: 17),
            Case(shape: [2, 5, 11, 19], channels: 21, kernel: 3, padding: (1, 1)),
            Case(shape: [1, 9, 8, 32], channels: 144, kernel: 3, padding: (1, 1)),
            Case(shape: [3, 8, 6, 31], channels: 37, kernel: 3, stride: 2, padding: (0, 1)),
            Case(shape: [1, 7, 5, 32], channels: 64, kernel: 3, stride: 2, padding: (1, 1)),
            Case(shape: [1, 9, 10, 6], channels: 5, kernel: 5, padding: (2, 2)),
            Case(shape: [1, 3, 2, 1300], channels: 16, kernel: 3, padding: (1, 1)),
        ]
        var geometry: ConvolutionGeometry {
            ConvolutionGeometry(
                kernel: kernel, stride: stride, paddingBefore: padding.0, paddingAfter: padding.1)
        }
    }

    /// Without oneDNN no precision but float32 is multiplied in.
    private static func backend(_ configuration: CPUConfiguration, _ precision: Precision) -> CPUBackend {
        var narrow = configuration
        (narrow.precision, narrow.narrows) = (precision, true)
        return CPUBackend(narrow)
    }

    /// What is left of weights: each output's largest magnitude is 127 steps.
    private static func rounded(_ weight: PlainTensor, _ precision: Precision) -> PlainTensor {
        if precision == .bfloat16 {
            // To nearest, ties to even.
            return PlainTensor(
                weight.shape,
                weight.values.map {
                    let bits = Float($0).bitPattern
                    return Double(
                        Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000))
                })
        }
        let size = weight.values.count / weight.shape[0]
        var rounded = weight
        for output in 0..<weight.shape[0] {
            let range = output * size..<(output + 1) * size
            let step = Float(weight.values[range].map(abs).max() ?? 0) / 127
            for index in range {
                rounded.values[index] =
                    Double((Float(weight.values[index]) / step).rounded(.toNearestOrEven) * step)
            }
        }
        return rounded
    }

    @Test(arguments: Case.all, [Precision.bfloat16, .int8])
    func onlyWeightsAreRounded(_ test: Case, _ precision: Precision) {
        let x = PlainTensor(random: test.shape, seed: 1)
        let weight = PlainTensor(
            random: [test.channels, test.shape[3], test.kernel, test.kernel], seed: 2)
        let bias = PlainTensor(random: [test.channels], seed: 3)
        let geometry = test.geometry
        let residual = PlainTensor(
            random: [
                test.shape[0], geometry.outputExtent(test.shape[1]), geometry.outputExtent(test.shape[2]),
                test.channels,
            ], seed: 4)
        for configuration in Configurations.kernels {
            let backend = Self.backend(configuration, precision)
            let expected = PlainOperations.convolution(
                x, Self.rounded(weight, precision), bias: bias, geometry: geometry,
                residual: residual, activation: .silu)
            let actual = x.tensor(on: backend).convolution(
                weight.parameter(on: backend), bias: bias.parameter(on: backend), geometry: geometry,
                residual: residual.tensor(on: backend), activation: .silu)
            // A number of 8 bits may fall to the other side of a half.
            let tolerance = precision == .int8 ? 1e-4 : 3e-6
            #expect(relativeError(actual, expected) < tolerance, "\(configuration.testDescription)")
            guard test.kernel == 1 else { continue }
            let linear = x.tensor(on: backend).linear(weight.parameter(on: backend))
            let product = PlainOperations.convolution(
                x, Self.rounded(weight, precision), bias: nil, geometry: geometry, residual: nil,
                activation: nil)
            #expect(relativeError(linear, product) < tolerance, "\(configuration.testDescription)")
        }
    }

    /// In tiles weights are bfloat16 whichever they are.
    @Test(arguments: [(27, 25), (46, 45)], [Precision.bfloat16, .int8])
    func tiles(_ extents: (Int, Int), _ precision: Precision) {
        let x = PlainTensor(random: [1, extents.0, extents.1, 32], seed: 1)
        let weight = PlainTensor(random: [48, 32, 3, 3], seed: 2)
        let geometry = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
        let exact = PlainOperations.convolution(
            x, weight, bias: nil, geometry: geometry, residual: nil, activation: nil)
        for configuration in Configurations.kernels {
            let backend = Self.backend(configuration, precision)
            let actual = x.tensor(on: backend).convolution(
                weight.parameter(on: backend), bias: nil, geometry: geometry)
            let error = relativeError(actual, exact)
            #expect(error > 1e-4 && error < 8e-3, "\(configuration.testDescription): \(error)")
        }
    }

    /// A parameter that bears no rounding is not rounded.
    @Test func fullPrecision() {
        let x = PlainTensor(random: [9, 33], seed: 1)
        let weight = PlainTensor(random: [20, 33], seed: 2)
        for configuration in Configurations.kernels {
            let backend = Self.backend(configuration, .int8)
            let parameter = Parameter(name: "w", value: weight.tensor(on: backend), coarsest: .float32)
            let expected = PlainOperations.linear(x, weight, bias: nil, residual: nil)
            #expect(relativeError(x.tensor(on: backend).linear(parameter), expected) < 3e-6)
        }
    }
}
