import Tensors
import TestSupport
import Testing

/// Reduced precisions of processors that have none: weights of 16 and 8 bits, multiplied with integers of 16.
@Suite struct IntegerProductTests {
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
            // More numbers than are rounded by one thread.
            Case(shape: [2, 24, 25, 61], channels: 7, kernel: 3, padding: (1, 1)),
            Case(shape: [2, 5, 4, 24], channels: 20, stride: 2),
            Case(shape: [1, 4, 3, 10], channels: 18, padding: (1, 1)),
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

    /// What is left of numbers: each group's largest magnitude is `bound` steps.
    private static func rounded(_ x: PlainTensor, groups: Int, bound: Float) -> PlainTensor {
        let size = x.values.count / groups
        var rounded = x
        for group in 0..<groups {
            let range = group * size..<(group + 1) * size
            let step = Float(x.values[range].map(abs).max() ?? 0) / bound
            for index in range where step > 0 {
                let steps = (Float(x.values[index]) * (1 / step)).rounded(.toNearestOrEven)
                rounded.values[index] = Double(steps) * Double(step)
            }
        }
        return rounded
    }

    private static func bounds(_ precision: Precision) -> (weight: Float, input: Float) {
        precision == .int8 ? (127, 32767) : (2047, 8191)
    }

    /// Each output's weights have a scale, and each pixel's inputs or, where the kernel sees several, each image's.
    @Test(arguments: Case.all, [Precision.bfloat16, .int8])
    func factorsAreRoundedAndSumsAreExact(_ test: Case, _ precision: Precision) {
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
        let bounds = Self.bounds(precision)
        let roundedWeight = Self.rounded(weight, groups: test.channels, bound: bounds.weight)
        let pixels = test.shape.dropLast().reduce(1, *)
        let roundedX = Self.rounded(
            x, groups: test.kernel == 1 ? pixels : test.shape[0], bound: bounds.input)
        let expected = PlainOperations.convolution(
            roundedX, roundedWeight, bias: bias, geometry: geometry, residual: residual, activation: .silu)
        // A number may fall to the other side of a half.
        let tolerance = 3e-5
        for configuration in Configurations.kernels {
            let backend = Self.backend(configuration, precision)
            let actual = x.tensor(on: backend).convolution(
                weight.parameter(on: backend), bias: bias.parameter(on: backend), geometry: geometry,
                residual: residual.tensor(on: backend), activation: .silu)
            #expect(relativeError(actual, expected) < tolerance, "\(configuration.testDescription)")
            guard test.kernel == 1, test.stride == 1, test.padding == (0, 0) else { continue }
            let linear = x.tensor(on: backend).linear(weight.parameter(on: backend))
            let product = PlainOperations.convolution(
                roundedX, roundedWeight, bias: nil, geometry: geometry, residual: nil, activation: nil)
            #expect(relativeError(linear, product) < tolerance, "\(configuration.testDescription)")
        }
    }

    /// The largest sums that there can be are still exact.
    @Test(arguments: [1, 127, 128, 511, 512, 1280, 2561], [Precision.bfloat16, .int8])
    func largestSums(_ depth: Int, _ precision: Precision) {
        for (x, weight) in [(1.0, 1.0), (-1, 1), (1, -1), (-1, -1)] {
            for configuration in Configurations.kernels {
                let backend = Self.backend(configuration, precision)
                let out = Tensor(repeating: Float(x), shape: [7, depth], on: backend)
                    .linear(
                        PlainTensor([33, depth], Array(repeating: weight, count: 33 * depth))
                            .parameter(on: backend))
                let expected = Float(x * weight) * Float(depth)
                #expect(
                    out.elements.allSatisfy { abs($0 / expected - 1) < 1e-6 },
                    "\(configuration.testDescription)")
            }
        }
    }

    /// What is not finite shows in all that is made of it: its row, or its image.
    @Test(arguments: [Precision.bfloat16, .int8], [Float.nan, .infinity])
    func whatIsNotFinite(_ precision: Precision, _ strange: Float) {
        for configuration in Configurations.kernels {
            let backend = Self.backend(configuration, precision)
            let rows = PlainTensor(random: [3, 37], seed: 1).tensor(on: backend)
            rows.floats[37 + 5] = strange
            let linear = rows.linear(PlainTensor(random: [5, 37], seed: 2).parameter(on: backend)).elements
            #expect(linear.indices.allSatisfy { linear[$0].isFinite == ($0 / 5 != 1) })
            let images = PlainTensor(random: [2, 4, 4, 3], seed: 1).tensor(on: backend)
            images.floats[48] = strange
            let filtered = images.convolution(
                PlainTensor(random: [2, 3, 3, 3], seed: 2).parameter(on: backend), bias: nil,
                geometry: ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
            ).elements
            #expect(filtered.indices.allSatisfy { filtered[$0].isFinite == ($0 < 32) })
        }
    }

    /// In tiles weights have 16 bits whichever they are, with a scale for each output at each point.
    @Test(arguments: [(27, 25), (46, 45)], [Precision.bfloat16, .int8])
    func tiles(_ extents: (Int, Int), _ precision: Precision) {
        let x = PlainTensor(random: [1, extents.0, extents.1, 32], seed: 1)
        let weight = PlainTensor(random: [48, 32, 3, 3], seed: 2)
        let geometry = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
        let exact = PlainOperations.convolution(
            x, weight, bias: nil, geometry: geometry, residual: nil, activation: nil)
        var reference: [Float]?
        for configuration in Configurations.kernels {
            let backend = Self.backend(configuration, precision)
            let actual = x.tensor(on: backend).convolution(
                weight.parameter(on: backend), bias: nil, geometry: geometry)
            let error = relativeError(actual, exact)
            #expect(error > 1e-5 && error < 2e-3, "\(configuration.testDescription): \(error)")
            // The scalar reference is the first.
            let same = reference ?? actual.elements
            #expect(relativeDifference(actual.elements, same) < 1e-4, "\(configuration.testDescription)")
            reference = same
        }
    }

    /// What is faster is what the processor multiplies, or what integers stand in for where their sums cost nothing.
    @Test func whatIsFaster() {
        for instructionSet in Configurations.instructionSets {
            let plain = CPUConfiguration(instructionSet: instructionSet)
            var narrow = plain
            narrow.narrows = true
            #expect(!plain.isFaster(.float32) && !narrow.isFaster(.float32))
            for precision in [Precision.bfloat16, .int8] {
                #expect(plain.isFaster(precision) == plain.supports(precision))
                #expect(!plain.supports(precision) || narrow.isFaster(precision))
                if instructionSet == .avx2 { #expect(narrow.isFaster(precision)) }
                if instructionSet < .avx2 { #expect(!narrow.isFaster(precision)) }
            }
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
