import CKernels
import Tensors
import TestSupport
import Testing

/// Products of 8-bit integers: that the factors are rounded as it is said, and that the sums are those of the integers. Where the
/// processor has no such products the backend multiplies the same integers as floats, so that these hold on any machine.
@Suite struct QuantisationTests {
    static let configuration = CPUConfiguration(threads: 2, precision: .int8)

    // MARK: Kernels

    @Test(
        arguments: Configurations.kernels,
        [(1, 1), (3, 7), (5, 16), (7, 33), (300, 129), (2, 40_001), (1, 70_000)])
    func quantising(_ configuration: CPUConfiguration, _ extents: (groups: Int, size: Int)) {
        let (groups, size) = extents
        let backend = CPUBackend(configuration)
        var x = PlainTensor(random: [groups, size], seed: 5).values.map(Float.init)
        // A group of nothing but zeros, and ties.
        if groups > 2 {
            for i in 0..<size { x[size + i] = 0 }
            x[0] = 127
            x[1] = 0.5
            x[2] = -1.5
        }
        let (integers, scales) = quantised(x, groups, backend)
        let expected = Self.quantised(x, groups: groups)
        #expect(scales == expected.scales)
        #expect(integers == expected.values)
    }

    /// Numbers of 16 bits.
    @Test(arguments: Configurations.kernels, [(1, 1), (5, 16), (7, 33), (2, 40_001)])
    func quantisingToWords(_ configuration: CPUConfiguration, _ extents: (groups: Int, size: Int)) {
        let (groups, size) = extents
        let x = PlainTensor(random: [groups, size], seed: 5).values.map(Float.init)
        var context = Self.context(configuration)
        for bound: Int32 in [2047, 32767] {
            var values = [Int16](repeating: 99, count: x.count)
            var scales = [Float](repeating: 99, count: groups)
            ck_quantise(&context, &values, bound, 0, &scales, x, groups, size)
            for group in 0..<groups {
                let part = group * size..<(group + 1) * size
                let largest = x[part].reduce(0) { max($0, abs($1)) }
                #expect(scales[group] == largest / Float(bound))
                #expect(
                    part.allSatisfy {
                        // A product that is added to is not rounded everywhere.
                        abs(Float(values[$0]) - x[$0] * (1 / scales[group])) <= 0.501
                    })
            }
        }
    }

    /// What is not finite shows in all that is made of its group, and in no other.
    @Test(arguments: Configurations.kernels, [(4, 37), (3, 40_001)])
    func quantisingWhatIsNotFinite(_ configuration: CPUConfiguration, _ extents: (groups: Int, size: Int)) {
        for strange in [Float.nan, .infinity, -.infinity] {
            for place in [0, extents.size - 1] {
                var x = PlainTensor(random: [extents.groups, extents.size], seed: 5).values.map(Float.init)
                x[extents.size + place] = strange
                let scales = quantised(x, extents.groups, CPUBackend(configuration)).scales
                #expect(scales[1].isNaN)
                #expect(scales.enumerated().allSatisfy { $0.offset == 1 || $0.element > 0 })
            }
        }
    }

    @Test(arguments: Configurations.kernels, [(1, 1), (6, 16), (35, 37), (300, 320)])
    func rescaling(_ configuration: CPUConfiguration, _ extents: (rows: Int, width: Int)) {
        let (rows, width) = extents
        let backend = CPUBackend(configuration)
        var context = Self.context(configuration)
        let sums = (0..<rows * width).map { Int32($0 * 7919 % 200_001) - 100_000 }
        let random = { (count: Int, seed: UInt64) in
            PlainTensor(random: [count], seed: seed).values.map(Float.init)
        }
        let (columns, bias, residual) = (random(width, 2), random(width, 3), random(rows * width, 4))
        for rowsPerScale in [1, rows] {
            let scales = random(rows / rowsPerScale, 1)
            for isPlain in [true, false] {
                for areIntegers in [true, false] {
                    let out = Tensor(uninitialized: [rows, width], on: backend)
                    for (index, sum) in sums.enumerated() {
                        out.floats[index] =
                            areIntegers ? Float(bitPattern: UInt32(bitPattern: sum)) : Float(sum)
                    }
                    let pointer = out.floats.baseAddress
                    ck_rescale(
                        &context, pointer, pointer, areIntegers, rows, width, scales, rowsPerScale, columns,
                        isPlain ? nil : bias, isPlain ? nil : residual)
                    let expected = sums.indices.map { index in
                        let (row, column) = (index / width, index % width)
                        let scale = Double(scales[row / rowsPerScale]) * Double(columns[column])
                        let added = isPlain ? 0 : Double(bias[column]) + Double(residual[index])
                        return Double(sums[index]) * scale + added
                    }
                    #expect(relativeError(out, PlainTensor([rows, width], expected)) < 1e-6)
                }
            }
        }
    }

    // MARK: Products

    @Test(arguments: [(1, 7, 5), (33, 64, 48), (300, 129, 77)])
    func linear(_ rows: Int, _ inputs: Int, _ outputs: Int) {
        let backend = CPUBackend(Self.configuration)
        let x = PlainTensor(random: [rows, inputs], seed: 1)
        let weight = PlainTensor(random: [outputs, inputs], seed: 2)
        let bias = PlainTensor(random: [outputs], seed: 3)
        let residual = PlainTensor(random: [rows, outputs], seed: 4)
        let actual = x.tensor(on: backend).linear(
            weight.parameter(on: backend), bias: bias.parameter(on: backend),
            residual: residual.tensor(on: backend))
        let product = { (x: PlainTensor, weight: PlainTensor) in
            var out = residual
            for row in 0..<rows {
                for column in 0..<outputs {
                    out.values[row * outputs + column] +=
                        bias.values[column]
                        + (0..<inputs).reduce(0) {
                            $0 + x.values[row * inputs + $1] * weight.values[column * inputs + $1]
                        }
                }
            }
            return out
        }
        let expected = product(Self.rounded(x, groups: rows), Self.rounded(weight, groups: outputs))
        #expect(relativeError(actual, expected) < 1e-6)
        // Rounding does little, but something.
        #expect((1e-4..<2e-2).contains(relativeError(actual, product(x, weight))))
    }

    @Test(arguments: [(3, 1), (3, 2), (1, 1)], [(16, 32), (320, 64), (48, 16), (19, 21)])
    func convolution(_ shape: (kernel: Int, stride: Int), _ channels: (in: Int, out: Int)) {
        let geometry = ConvolutionGeometry(
            kernel: shape.kernel, stride: shape.stride, paddingBefore: shape.kernel / 2,
            paddingAfter: shape.kernel / 2)
        let (exact, reduced) = (CPUBackend(CPUConfiguration(threads: 2)), CPUBackend(Self.configuration))
        let x = PlainTensor(random: [2, 9, 11, channels.in], seed: 1)
        let weight = PlainTensor(
            random: [channels.out, channels.in, shape.kernel, shape.kernel], seed: 2)
        let bias = PlainTensor(random: [channels.out], seed: 3)
        let out = [2, geometry.outputExtent(9), geometry.outputExtent(11), channels.out]
        let residual = PlainTensor(random: out, seed: 4)
        let result = { (backend: CPUBackend, x: PlainTensor, weight: PlainTensor) in
            x.tensor(on: backend).convolution(
                weight.parameter(on: backend), bias: bias.parameter(on: backend), geometry: geometry,
                residual: residual.tensor(on: backend), activation: .relu
            ).elements
        }
        let actual = result(reduced, x, weight)
        let expected = result(
            exact, Self.rounded(x, groups: 2), Self.rounded(weight, groups: channels.out))
        #expect(relativeDifference(actual, expected) < 1e-5)
        #expect((1e-4..<3e-2).contains(relativeDifference(actual, result(exact, x, weight))))
    }

    /// An image is not rounded otherwise for the company that it is in.
    @Test func imagesDoNotDependOnEachOther() {
        let backend = CPUBackend(Self.configuration)
        let geometry = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
        let weight = PlainTensor(random: [24, 16, 3, 3], seed: 2).parameter(on: backend)
        let x = PlainTensor(random: [2, 6, 5, 16], seed: 1)
        let loud = PlainTensor(x.shape, x.values.enumerated().map { $0 < 480 ? $1 : 100 * $1 })
        let made = [x, loud].map {
            $0.tensor(on: backend).convolution(weight, bias: nil, geometry: geometry)[rows: 0..<1]
        }
        #expect(isBitwiseEqual(made[0], made[1]))
    }

    /// What does not bear integers is computed in what it bears.
    @Test(arguments: [Precision.float32, .bfloat16])
    func parametersThatBearLess(_ coarsest: Precision) {
        let made = [Self.configuration, CPUConfiguration(threads: 2, precision: coarsest)].map {
            let backend = CPUBackend($0)
            let values = PlainTensor(random: [20, 30], seed: 2).tensor(on: backend)
            return PlainTensor(random: [10, 30], seed: 1).tensor(on: backend)
                .linear(Parameter(name: "w", value: values, coarsest: coarsest)).elements
        }
        // A processor with bytes and without bfloat16 computes in float32 instead.
        let isSame =
            Self.configuration.supports(.int8) == Self.configuration.supports(.bfloat16)
        let tolerance = isSame ? 0 : 1e-2
        #expect(relativeDifference(made[0], made[1]) <= tolerance)
    }

    // MARK: What is expected

    private func quantised(_ x: [Float], _ groups: Int, _ backend: CPUBackend) -> (
        values: [Int8], scales: [Float]
    ) {
        let configuration = backend.configuration
        var context = Self.context(configuration)
        var values = [Int8](repeating: 99, count: x.count)
        var scales = [Float](repeating: 99, count: groups)
        ck_quantise(&context, &values, 127, 0, &scales, x, groups, x.count / groups)
        return (values, scales)
    }

    private static func context(_ configuration: CPUConfiguration) -> ck_context {
        let isa =
            switch configuration.instructionSet {
            case .reference: CK_REFERENCE
            case .generic: CK_GENERIC
            case .avx2: CK_AVX2
            case .avx512: CK_AVX512
            }
        return ck_context(threads: Int32(configuration.threads), isa: isa, tiles: false)
    }

    private static func quantised(_ x: [Float], groups: Int) -> (values: [Int8], scales: [Float]) {
        let size = x.count / groups
        let scales = (0..<groups).map { group in
            x[group * size..<(group + 1) * size].reduce(0) { max($0, abs($1)) } / 127
        }
        let values = x.enumerated().map { index, value in
            let scale = scales[index / size]
            return scale > 0 ? Int8((value * (1 / scale)).rounded(.toNearestOrEven)) : 0
        }
        return (values, scales)
    }

    /// Numbers that integers and scales stand for.
    private static func rounded(_ x: PlainTensor, groups: Int) -> PlainTensor {
        let (values, scales) = quantised(x.values.map(Float.init), groups: groups)
        let size = values.count / groups
        return PlainTensor(
            x.shape, values.enumerated().map { Double($1) * Double(scales[$0 / size]) })
    }
}
