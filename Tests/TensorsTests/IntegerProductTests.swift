import CKernels
import Tensors
import TestSupport
import Testing

/// Reduced precisions by own kernels: weights of 16 and 8 bits, multiplied with integers of 16 where the processor has nothing
/// else, and bytes with bytes where it has that.
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
            Case(shape: [1, 1, 61, 70], channels: 352),
            Case(shape: [1, 3, 9, 33], channels: 96),
            Case(shape: [1, 1, 5, 12], channels: 10),
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
        check(
            test, bounds: Self.bounds(precision), Configurations.kernels.map { Self.backend($0, precision) })
    }

    /// Where the processor multiplies bytes with bytes.
    @Test(arguments: Case.all)
    func bytes(_ test: Case) {
        let configuration = CPUConfiguration(threads: 2, precision: .int8, narrows: true)
        guard configuration.supports(.int8) else { return }
        check(test, bounds: (127, 127), [CPUBackend(configuration)])
    }

    private func check(_ test: Case, bounds: (weight: Float, input: Float), _ backends: [CPUBackend]) {
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
        let roundedWeight = Self.rounded(weight, groups: test.channels, bound: bounds.weight)
        let pixels = test.shape.dropLast().reduce(1, *)
        let roundedX = Self.rounded(
            x, groups: test.kernel == 1 ? pixels : test.shape[0], bound: bounds.input)
        let expected = PlainOperations.convolution(
            roundedX, roundedWeight, bias: bias, geometry: geometry, residual: residual, activation: .silu)
        // A number may fall to the other side of a half.
        let tolerance = 3e-5
        for backend in backends {
            let configuration = backend.configuration
            let actual = x.tensor(on: backend).convolution(
                weight.parameter(on: backend), bias: bias.parameter(on: backend), geometry: geometry,
                residual: residual.tensor(on: backend), activation: .silu)
            #expect(relativeError(actual, expected) < tolerance, "\(configuration.testDescription)")
            guard test.kernel == 1, test.stride == 1, test.padding == (0, 0) else { continue }
            let linear = x.tensor(on: backend).linear(weight.parameter(on: backend))
            let product = PlainOperations.convolution(
                roundedX, roundedWeight, bias: nil, geometry: geometry, residual: nil, activation: nil)
            #expect(relativeError(linear, product) < tolerance, "\(configuration.testDescription)")
            guard test.channels.isMultiple(of: 2) else { continue }
            let halves = PlainOperations.convolution(
                roundedX, roundedWeight, bias: bias, geometry: geometry, residual: nil, activation: nil)
            let gated = x.tensor(on: backend).linearGEGLU(
                weight.parameter(on: backend), bias: bias.parameter(on: backend))
            #expect(
                relativeError(gated, PlainOperations.geglu(halves)) < tolerance,
                "\(configuration.testDescription)")
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

    /// Sums of bytes, which the scalar reference has too, are exact up to as many as 32 bits hold; beyond that others stand in.
    @Test(arguments: [1, 6, 1281, 65536, 65537])
    func largestSumsOfBytes(_ depth: Int) {
        var shape = ck_convolution(
            images: 1, height: 1, width: 7, channels: depth, outputs: 130, kernel: 1, stride: 1, padding: 0,
            out_height: 1, out_width: 7)
        var contexts = [CK_REFERENCE, CK_AVX512].map { ck_context(threads: 2, isa: $0, tiles: false) }
        if ck_detect_isa() != CK_AVX512 || !ck_detect_int8() { contexts.removeLast() }
        let bounds = contexts.allSatisfy { context in
            var context = context
            return ck_multiplies_bytes(&context, &shape) == (depth <= 65536)
        }
        #expect(bounds)
        for (x, weight) in [(1, 127), (-1, 127), (1, -127), (-1, -127)] as [(Float, Int8)] {
            let inputs = [Float](repeating: x, count: 7 * depth)
            let weights = [Int8](repeating: weight, count: 130 * depth)
            for var context in contexts where depth <= 65536 {
                var packed = [Int8](repeating: 1, count: ck_convolve_packed_count(&shape, CK_QUADS))
                ck_convolve_pack(&context, &packed, CK_QUADS, &shape, weights)
                let workspace = UnsafeMutableRawPointer.allocate(
                    byteCount: ck_convolve_workspace(&shape, CK_QUADS), alignment: 64)
                defer { workspace.deallocate() }
                var out = [Float](repeating: .nan, count: 7 * 130)
                ck_convolve(
                    &context, &out, &shape, inputs, packed, CK_QUADS, [Float](repeating: 2, count: 130), nil,
                    nil, false, workspace)
                let expected = 2 * x * Float(weight) * Float(depth)
                #expect(out.allSatisfy { abs($0 / expected - 1) < 1e-6 }, "\(context.isa)")
            }
            let backend = CPUBackend(CPUConfiguration(threads: 2, precision: .int8, narrows: true))
            let product = Tensor(inputs, shape: [7, depth], on: backend)
                .linear(
                    PlainTensor([33, depth], Array(repeating: Double(weight), count: 33 * depth))
                        .parameter(on: backend)
                ).elements
            #expect(product.allSatisfy { abs($0 / (x * Float(weight) * Float(depth)) - 1) < 1e-6 })
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

    /// Processors that multiply bfloat16, or bytes, take the same tiles where these save enough: direct products err more.
    @Test(arguments: [(27, 25), (46, 45)])
    func tilesWhereThePrecisionIsNative(_ extents: (Int, Int)) {
        let x = PlainTensor(random: [1, extents.0, extents.1, 32], seed: 1)
        let weight = PlainTensor(random: [48, 32, 3, 3], seed: 2)
        let geometry = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
        let exact = PlainOperations.convolution(
            x, weight, bias: nil, geometry: geometry, residual: nil, activation: nil)
        for precision in [Precision.bfloat16, .int8] {
            let configuration = CPUConfiguration(threads: 2, precision: precision, narrows: true)
            guard configuration.supports(precision), ck_detect_int8(), !ck_detect_tiles() else { continue }
            let backend = CPUBackend(configuration)
            let error = relativeError(
                x.tensor(on: backend).convolution(
                    weight.parameter(on: backend), bias: nil, geometry: geometry), exact)
            let isTiled = precision == .bfloat16 || extents.0 == 46
            #expect(isTiled == (error < 2e-3), "\(precision): \(error)")
        }
    }

    /// Tiles of numbers that come in as bfloat16 are those of the same numbers.
    @Test(arguments: [(27, 25), (46, 45)], [Precision.float32, .bfloat16])
    func tilesOfBFloat16(_ extents: (Int, Int), _ precision: Precision) {
        let weight = PlainTensor(random: [16, 48, 3, 3], seed: 2)
        let geometry = ConvolutionGeometry(kernel: 3, paddingBefore: 1, paddingAfter: 1)
        let rounding = Self.backend(CPUConfiguration(threads: 1, instructionSet: .avx2), .bfloat16)
        let whole = PlainTensor(random: [1, extents.0, extents.1, 48], seed: 1).tensor(on: rounding)
        let half = rounding.kept(KeysValues(keys: whole, values: whole)).keys
        #expect(half.elementType == .bfloat16)
        for index in 0..<whole.count {
            let bits = whole.floats[index].bitPattern
            whole.floats[index] = Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
        }
        for configuration in Configurations.kernels {
            let backend = Self.backend(configuration, precision)
            let parameter = weight.parameter(on: backend)
            let outputs = [whole, half].map {
                Tensor(
                    shape: $0.shape, elementType: $0.elementType, storage: $0.storage, backend: backend
                )
                .convolution(parameter, bias: nil, geometry: geometry).elements
            }
            #expect(outputs[0] == outputs[1], "\(configuration.testDescription)")
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
