import Tensors
import Testing

@Suite struct ConvolutionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let shape: [Int]
        let channels: Int
        var kernel = 3
        var stride = 1
        var padding = (1, 1)
        var hasBias = true
        var hasResidual = false
        var activation: Activation?

        var testDescription: String {
            "\(shape) to \(channels), kernel \(kernel), stride \(stride), padding \(padding)"
                + (hasBias ? ", bias" : "") + (hasResidual ? ", residual" : "")
                + (activation.map { ", \($0)" } ?? "")
        }

        static let all: [Case] =
            [
                Case(shape: [1, 9, 7, 3], channels: 320),
                Case(shape: [1, 8, 9, 320], channels: 4),
                Case(shape: [2, 5, 11, 4], channels: 32, hasResidual: true),
                Case(shape: [1, 1, 1, 17], channels: 13, hasResidual: true, activation: .relu),
                Case(shape: [1, 7, 5, 32], channels: 64, stride: 2),
                Case(shape: [3, 8, 6, 31], channels: 37, stride: 2, padding: (0, 1)),
                Case(shape: [1, 9, 9, 16], channels: 16, stride: 2, padding: (0, 1), hasBias: false),
                Case(shape: [1, 2, 2, 8], channels: 8, stride: 2, padding: (0, 1)),
                Case(shape: [1, 6, 13, 64], channels: 64, hasResidual: true, activation: .relu),
                Case(
                    shape: [2, 6, 13, 64], channels: 64, hasBias: false, hasResidual: true, activation: .silu),
                Case(shape: [1, 6, 5, 19], channels: 23, activation: .gelu),
                Case(shape: [1, 6, 5, 19], channels: 23, hasResidual: true, activation: .quickGELU),
                Case(shape: [1, 6, 5, 19], channels: 23, hasResidual: true, activation: .tanh),
                Case(shape: [2, 5, 4, 37], channels: 41, kernel: 1, padding: (0, 0)),
                Case(shape: [1, 5, 4, 64], channels: 32, kernel: 1, padding: (0, 0), hasResidual: true),
                Case(shape: [1, 7, 7, 33], channels: 16, kernel: 1, stride: 2, padding: (0, 0)),
                Case(shape: [1, 1, 1, 5], channels: 4, kernel: 1, padding: (0, 0), hasBias: false),
                Case(shape: [1, 9, 10, 6], channels: 5, kernel: 5, padding: (2, 2)),
                Case(
                    shape: [1, 29, 31, 3], channels: 24, kernel: 14, stride: 14, padding: (0, 0),
                    hasBias: false),
                Case(shape: [1, 130, 67, 7], channels: 11, hasResidual: true, activation: .relu),
                Case(shape: [1, 3, 3, 700], channels: 3),
                // Large enough for tiles of 2 x 2, and of 4 x 4.
                Case(shape: [2, 27, 25, 32], channels: 48, hasResidual: true),
                Case(shape: [1, 641, 1, 16], channels: 80, hasBias: false, activation: .silu),
                Case(shape: [2, 46, 45, 16], channels: 80, hasResidual: true, activation: .relu),
                Case(shape: [1, 1, 2050, 16], channels: 16),
                Case(shape: [1, 47, 44, 48], channels: 16, hasBias: false),
            ]
            + (1...33).map {
                Case(
                    shape: [1, 1 + $0 % 5, $0, 1 + $0 * 7 % 23], channels: 1 + $0 * 5 % 19,
                    hasResidual: $0 % 2 == 0, activation: $0 % 3 == 0 ? .relu : nil)
            }

        var geometry: ConvolutionGeometry {
            ConvolutionGeometry(
                kernel: kernel, stride: stride, paddingBefore: padding.0, paddingAfter: padding.1)
        }
        var x: PlainTensor { PlainTensor(random: shape, seed: 1) }
        var weight: PlainTensor { PlainTensor(random: [channels, shape[3], kernel, kernel], seed: 2) }
        var bias: PlainTensor? { hasBias ? PlainTensor(random: [channels], seed: 3) : nil }
        var residual: PlainTensor? {
            hasResidual
                ? PlainTensor(
                    random: [
                        shape[0], geometry.outputExtent(shape[1]), geometry.outputExtent(shape[2]), channels,
                    ], seed: 4, deviation: 5) : nil
        }
    }

    @Test(arguments: Case.all)
    func definition(_ test: Case) {
        let expected = PlainOperations.convolution(
            test.x, test.weight, bias: test.bias, geometry: test.geometry, residual: test.residual,
            activation: test.activation)
        for configuration in Configurations.products {
            let backend = CPUBackend(configuration)
            let aligned = test.x.tensor(on: backend).convolution(
                test.weight.parameter(on: backend), bias: test.bias?.parameter(on: backend),
                geometry: test.geometry, residual: test.residual?.tensor(on: backend),
                activation: test.activation)
            #expect(relativeError(aligned, expected) < 3e-6, "\(configuration.testDescription)")
            let unaligned = test.x.unalignedTensor(on: backend).convolution(
                Parameter(name: "w", value: test.weight.unalignedTensor(on: backend)),
                bias: test.bias.map { Parameter(name: "b", value: $0.unalignedTensor(on: backend)) },
                geometry: test.geometry, residual: test.residual?.unalignedTensor(on: backend),
                activation: test.activation)
            #expect(relativeError(unaligned, expected) < 3e-6, "\(configuration.testDescription), unaligned")
        }
    }

    /// One weight at several sizes, strides and paddings, each twice, so that forms kept with it are met
    /// again by another geometry.
    @Test(arguments: Configurations.products, [ElementType.float32, .float16, .bfloat16])
    func sharedWeights(_ configuration: CPUConfiguration, _ type: ElementType) {
        let backend = CPUBackend(configuration)
        let (weight, plain) = PlainTensor(random: [48, 32, 3, 3], seed: 2).parameter(type, on: backend)
        let (bias, plainBias) = PlainTensor(random: [48], seed: 3).parameter(type, on: backend)
        let cases = [
            ([1, 1, 1, 32], 1), ([2, 16, 16, 32], 1), ([1, 7, 9, 32], 2), ([1, 30, 30, 32], 1),
            ([1, 46, 45, 32], 1),
        ]
        for (shape, stride) in cases + cases {
            let geometry = ConvolutionGeometry(kernel: 3, stride: stride, paddingBefore: 1, paddingAfter: 1)
            let x = PlainTensor(random: shape, seed: 1)
            let expected = PlainOperations.convolution(
                x, plain, bias: plainBias, geometry: geometry, residual: nil, activation: nil)
            let actual = x.tensor(on: backend).convolution(weight, bias: bias, geometry: geometry)
            #expect(relativeError(actual, expected) < 2e-6, "\(shape), stride \(stride)")
        }
    }

    /// Tiles give what direct sums give, though not to the last bit, and what a picture comes to does not hang on its company.
    @Test(arguments: Configurations.products, [(27, 25), (46, 45)])
    func tiles(_ configuration: CPUConfiguration, _ extents: (Int, Int)) {
        var direct = configuration
        direct.usesWinograd = false
        let x = PlainTensor(random: [3, extents.0, extents.1, 32], seed: 1)
        let weight = PlainTensor(random: [48, 32, 3, 3], seed: 2)
        let geometry = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
        func convolved(_ rows: Range<Int>, _ configuration: CPUConfiguration) -> [Float] {
            let backend = CPUBackend(configuration)
            return x.tensor(on: backend)[rows: rows].convolution(
                weight.parameter(on: backend), bias: nil, geometry: geometry
            ).elements
        }
        let all = convolved(0..<3, configuration)
        #expect(all == (0..<3).flatMap { convolved($0..<$0 + 1, configuration) })
        let plain = convolved(0..<3, direct)
        #expect(all != plain)
        let scale = plain.map(abs).max() ?? 0
        #expect(zip(all, plain).allSatisfy { abs($0 - $1) < 3e-6 * scale })
    }

    /// With many images in a pass smaller ones go by tiles, and by larger ones; each number of images has its one answer.
    @Test(arguments: Configurations.products, [(15, 17), (33, 32)])
    func tilesOfPasses(_ configuration: CPUConfiguration, _ extents: (Int, Int)) {
        let backend = CPUBackend(configuration)
        let x = PlainTensor(random: [4, extents.0, extents.1, 32], seed: 1).tensor(on: backend)
        let weight = PlainTensor(random: [48, 32, 3, 3], seed: 2).parameter(on: backend)
        func convolved(_ rows: Range<Int> = 0..<4, images: Int) -> [Float] {
            backend.imagesPerPass = images
            let geometry = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
            return x[rows: rows].convolution(weight, bias: nil, geometry: geometry).elements
        }
        let (one, four) = (convolved(images: 1), convolved(images: 4))
        #expect(one != four && convolved(images: 1) == one && convolved(images: 100) == four)
        #expect(four == (0..<4).flatMap { convolved($0..<$0 + 1, images: 4) })
        let scale = one.map(abs).max() ?? 0
        #expect(zip(one, four).allSatisfy { abs($0 - $1) < 3e-6 * scale })
    }
}
