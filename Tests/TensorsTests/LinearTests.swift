import Tensors
import Testing

@Suite struct LinearTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let shape: [Int]
        let columns: Int
        var hasBias = true
        var hasResidual = false

        var testDescription: String {
            "\(shape) to \(columns)" + (hasBias ? ", bias" : "") + (hasResidual ? ", residual" : "")
        }

        static let all: [Case] =
            [
                Case(shape: [1, 1], columns: 1),
                Case(shape: [1, 320], columns: 1280),
                Case(shape: [1, 1, 37], columns: 641, hasBias: false, hasResidual: true),
                Case(shape: [2, 77, 31], columns: 67, hasResidual: true),
                Case(shape: [3, 5, 64], columns: 3, hasBias: false),
                Case(shape: [1, 4099, 16], columns: 40, hasResidual: true),
                Case(shape: [1031, 7], columns: 129),
                Case(shape: [2, 3, 4, 53], columns: 59, hasResidual: true),
                Case(shape: [7, 257], columns: 513, hasResidual: true),
            ]
            + (1...33).map {
                Case(shape: [$0, 34 - $0], columns: $0, hasBias: $0 % 3 > 0, hasResidual: $0 % 2 == 0)
            }

        var x: PlainTensor { PlainTensor(random: shape, seed: 1) }
        var weight: PlainTensor { PlainTensor(random: [columns, shape.last!], seed: 2) }
        var bias: PlainTensor? { hasBias ? PlainTensor(random: [columns], seed: 3) : nil }
        var residual: PlainTensor? {
            hasResidual ? PlainTensor(random: shape.dropLast() + [columns], seed: 4) : nil
        }
    }

    @Test(arguments: Case.all)
    func definition(_ test: Case) {
        let expected = PlainOperations.linear(
            test.x, test.weight, bias: test.bias, residual: test.residual)
        for configuration in Configurations.products {
            let backend = CPUBackend(configuration)
            let aligned = test.x.tensor(on: backend).linear(
                test.weight.parameter(on: backend), bias: test.bias?.parameter(on: backend),
                residual: test.residual?.tensor(on: backend))
            #expect(relativeError(aligned, expected) < 2e-6, "\(configuration.testDescription)")
            let unaligned = test.x.unalignedTensor(on: backend).linear(
                Parameter(name: "w", value: test.weight.unalignedTensor(on: backend)),
                bias: test.bias.map { Parameter(name: "b", value: $0.unalignedTensor(on: backend)) },
                residual: test.residual?.unalignedTensor(on: backend))
            #expect(relativeError(unaligned, expected) < 2e-6, "\(configuration.testDescription), unaligned")
        }
    }

    /// In one go or one after the other.
    @Test(
        arguments: Configurations.products,
        [([37, 24], 64), ([2, 19, 33], 352), ([5, 7], 6), ([1, 9], 32)])
    func geglu(_ configuration: CPUConfiguration, _ extents: (shape: [Int], columns: Int)) {
        let backend = CPUBackend(configuration)
        let x = PlainTensor(random: extents.shape, seed: 1)
        let weight = PlainTensor(random: [extents.columns, extents.shape.last!], seed: 2)
        for bias in [nil, PlainTensor(random: [extents.columns], seed: 3)] {
            let expected = PlainOperations.geglu(
                PlainOperations.linear(x, weight, bias: bias, residual: nil))
            let actual = x.tensor(on: backend).linearGEGLU(
                weight.parameter(on: backend), bias: bias?.parameter(on: backend))
            #expect(relativeError(actual, expected) < 2e-6)
        }
    }

    /// One weight, many numbers of rows, twice over, among other weights of the same shape that meet the
    /// numbers of rows in another order.
    @Test(arguments: Configurations.products, [ElementType.float32, .float16, .bfloat16])
    func sharedWeights(_ configuration: CPUConfiguration, _ type: ElementType) {
        let backend = CPUBackend(configuration)
        let (first, plainFirst) = PlainTensor(random: [96, 64], seed: 2).parameter(type, on: backend)
        let (second, plainSecond) = PlainTensor(random: [96, 64], seed: 3).parameter(type, on: backend)
        let counts = [4, 77, 1, 1024, 2, 7]
        for rows in counts + counts {
            for (weight, plain, rows) in [(first, plainFirst, rows), (second, plainSecond, 1025 - rows)] {
                let x = PlainTensor(random: [rows, 64], seed: UInt64(rows))
                let expected = PlainOperations.linear(x, plain, bias: nil, residual: nil)
                let actual = x.tensor(on: backend).linear(weight)
                #expect(relativeError(actual, expected) < 2e-6, "\(rows) rows")
            }
        }
    }

    /// A convolution's weights `[out, in, 1, 1]` are a matrix too.
    @Test(arguments: Configurations.products)
    func pointwiseConvolutionWeights(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        let x = PlainTensor(random: [1, 5, 3, 19], seed: 1)
        let weight = PlainTensor(random: [23, 19, 1, 1], seed: 2)
        let parameter = weight.parameter(on: backend)
        let expected = PlainOperations.linear(x, weight, bias: nil, residual: nil)
        let pointwise = ConvolutionGeometry(kernel: 1, paddingBefore: 0, paddingAfter: 0)
        for _ in 0..<2 {
            #expect(relativeError(x.tensor(on: backend).linear(parameter), expected) < 1e-6)
            let convolved = x.tensor(on: backend).convolution(parameter, bias: nil, geometry: pointwise)
            #expect(relativeError(convolved, expected) < 1e-6)
        }
    }

    /// A parameter may outlive the backend that prepared it, and serve two at a time.
    @Test(arguments: [true, false])
    func otherBackends(_ usesOneDNN: Bool) {
        let configuration = CPUConfiguration(threads: 2, usesOneDNN: usesOneDNN)
        let plain = PlainTensor(random: [64, 48], seed: 2)
        let x = PlainTensor(random: [77, 48], seed: 1)
        let expected = PlainOperations.linear(x, plain, bias: nil, residual: nil)
        var first: CPUBackend? = CPUBackend(configuration)
        let weight = first.map { plain.parameter(.float16, on: $0) }
        let rounded = PlainOperations.linear(x, weight!.1, bias: nil, residual: nil)
        #expect(relativeError(x.tensor(on: first!).linear(weight!.0), rounded) < 1e-6)
        first = nil
        let (second, third) = (CPUBackend(configuration), CPUBackend(configuration))
        for _ in 0..<2 {
            for backend in [second, third] {
                let actual = x.tensor(on: backend).linear(weight!.0)
                #expect(relativeError(actual, rounded) < 1e-6)
                #expect(relativeError(actual, expected) < 1e-3)
            }
        }
    }
}
