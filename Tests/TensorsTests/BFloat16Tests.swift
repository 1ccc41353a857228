import CKernels
import Tensors
import TestSupport
import Testing

/// Products in bfloat16: what is rounded is the factors, and nothing else. Where the processor has no bfloat16 the backend
/// rounds them itself, so that these hold on any machine.
@Suite struct BFloat16Tests {
    static let configuration = CPUConfiguration(threads: 2, precision: .bfloat16)

    /// Rounded to nearest, ties to even, by arithmetic on the bits of one number.
    private func rounded(_ x: Float) -> Float {
        guard x.isFinite else { return x }
        let low = Float(bitPattern: x.bitPattern & 0xffff_0000)
        let high = Float(bitPattern: (x.bitPattern & 0xffff_0000) &+ 0x1_0000)
        let (below, above) = (Double(x) - Double(low), Double(high) - Double(x))
        if abs(below) == abs(above) { return low.bitPattern & 0x1_0000 == 0 ? low : high }
        return abs(below) < abs(above) ? low : high
    }

    @Test(
        arguments: [CK_REFERENCE, CK_GENERIC, CK_AVX2, CK_AVX512].filter {
            $0.rawValue <= ck_detect_isa().rawValue
        })
    func rounding(_ isa: ck_isa) {
        var source = RandomSource(seed: 3)
        var numbers = source.normals(1000)
        numbers += [
            0, -0, .infinity, -.infinity, Float(bitPattern: 71362), 3e38, 1.00390625, 1.01171875, -1.00390625,
        ]
        var context = ck_context(threads: 2, isa: isa, tiles: false)
        var out = [UInt16](repeating: 0, count: numbers.count)
        ck_bfloat_from_float(&context, &out, numbers, numbers.count)
        for (bits, number) in zip(out, numbers) {
            #expect(Float(bitPattern: UInt32(bits) << 16) == rounded(number), "\(number)")
        }
        var notANumber: [UInt16] = [0]
        ck_bfloat_from_float(&context, &notANumber, [Float(bitPattern: 0x7f80_0001)], 1)
        #expect(Float(bitPattern: UInt32(notANumber[0]) << 16).isNaN)
    }

    @Test(arguments: [(1, 7, 5), (33, 64, 48), (300, 129, 77)])
    func linear(_ rows: Int, _ inputs: Int, _ outputs: Int) {
        let exact = CPUBackend(CPUConfiguration(threads: 2))
        let reduced = CPUBackend(Self.configuration)
        let result = { (backend: CPUBackend, round: (Float) -> Float, full: Bool) in
            let x = Tensor(normal: [rows, inputs], seed: 1, on: backend).elements.map(round)
            let w = Tensor(normal: [outputs, inputs], seed: 2, on: backend).elements.map(round)
            let bias = Tensor(normal: [outputs], seed: 3, on: backend)
            let residual = Tensor(normal: [rows, outputs], seed: 4, on: backend)
            let weight = Parameter(
                name: "w", value: Tensor(w, shape: [outputs, inputs], on: backend),
                coarsest: full ? .float32 : .int8)
            return Tensor(x, shape: [rows, inputs], on: backend)
                .linear(weight, bias: Parameter(name: "b", value: bias), residual: residual).elements
        }
        let expected = result(exact, rounded, false)
        #expect(relativeDifference(result(reduced, { $0 }, false), expected) < 1e-5)
        // A parameter that needs full precision is not rounded.
        #expect(relativeDifference(result(reduced, { $0 }, true), result(exact, { $0 }, false)) < 1e-5)
    }

    @Test(arguments: [(3, 1), (3, 2), (1, 1)], [(16, 32), (320, 64), (19, 21)])
    func convolution(_ shape: (kernel: Int, stride: Int), _ channels: (in: Int, out: Int)) {
        let exact = CPUBackend(CPUConfiguration(threads: 2))
        let reduced = CPUBackend(Self.configuration)
        let geometry = ConvolutionGeometry(
            kernel: shape.kernel, stride: shape.stride, paddingBefore: shape.kernel / 2,
            paddingAfter: shape.kernel / 2)
        let result = { (backend: CPUBackend, round: (Float) -> Float) in
            let size: Shape = [2, 9, 11, channels.in]
            let kernel: Shape = [channels.out, channels.in, shape.kernel, shape.kernel]
            let x = Tensor(normal: size, seed: 1, on: backend).elements.map(round)
            let w = Tensor(normal: kernel, seed: 2, on: backend).elements.map(round)
            let weight = Parameter(name: "w", value: Tensor(w, shape: kernel, on: backend))
            let bias = Parameter(name: "b", value: Tensor(normal: [channels.out], seed: 3, on: backend))
            let out: Shape = [2, geometry.outputExtent(9), geometry.outputExtent(11), channels.out]
            let residual = Tensor(normal: out, seed: 4, on: backend)
            return Tensor(x, shape: size, on: backend)
                .convolution(weight, bias: bias, geometry: geometry, residual: residual, activation: .relu)
                .elements
        }
        // Where oneDNN has no such convolution in bfloat16, it runs in float32 and is not rounded at all.
        let plain = relativeDifference(result(reduced, { $0 }), result(exact, { $0 }))
        let rounded = relativeDifference(result(reduced, { $0 }), result(exact, rounded))
        expect(plain: plain, rounded: rounded)
    }

    /// What products alone read comes rounded: the same numbers as the float32 ones would be rounded to, from every version of
    /// the kernels, and a product takes either.
    @Test(arguments: Configurations.kernels, [3, 16, 40, 97])
    func factors(_ configuration: CPUConfiguration, _ channels: Int) {
        var reducedConfiguration = configuration
        reducedConfiguration.precision = .bfloat16
        let (exact, reduced) = (CPUBackend(configuration), CPUBackend(reducedConfiguration))
        func results(_ backend: CPUBackend) -> [Tensor] {
            let parameter = { (seed: UInt64, coarsest: Precision) in
                Parameter(
                    name: "p", value: Tensor(normal: [channels], seed: seed, on: backend), coarsest: coarsest)
            }
            let x = Tensor(normal: [2, 5, 7, channels], seed: 3, on: backend)
            let gates = Tensor(normal: [11, 2 * channels], seed: 4, on: backend)
            return [Precision.int8, .float32].flatMap { coarsest in
                let (weight, bias) = (parameter(1, coarsest), parameter(2, coarsest))
                return [
                    x.groupNorm(groups: 1, weight: weight, bias: bias, epsilon: 1e-5, activation: .silu),
                    x.groupNorm(groups: 1, weight: weight, bias: bias, epsilon: 1e-5),
                    x.layerNorm(weight: weight, bias: bias, epsilon: 1e-5),
                ]
            } + [gates.geglu()]
        }
        for (index, (a, b)) in zip(results(exact), results(reduced)).enumerated() {
            let isFull = 3..<6 ~= index
            #expect(b.elementType == (isFull ? .float32 : .bfloat16))
            let numbers = b.elements
            #expect(numbers == (isFull ? a.elements : a.elements.map(rounded)), "\(index)")
            let weight = { (backend: CPUBackend) in
                Parameter(
                    name: "w", value: Tensor(normal: [9, channels], seed: 5, on: backend), coarsest: .float32)
            }
            let wide = Tensor(numbers, shape: b.shape, on: exact).linear(weight(exact)).elements
            #expect(relativeDifference(b.linear(weight(reduced)).elements, wide) < 1e-6)
        }
    }

    /// Gradients are products too: of the output's gradient with the weights, and with the input.
    @Test(arguments: [(1, 7, 5), (33, 64, 48), (300, 129, 77)])
    func linearGradients(_ rows: Int, _ inputs: Int, _ outputs: Int) {
        let result = { (backend: CPUBackend, round: (Float) -> Float, full: Bool) in
            gradients(
                x: [rows, inputs], weight: [outputs, inputs], out: [rows, outputs], backend, round, full: full
            ) { $0.linear($1, bias: nil) }
        }
        let (exact, reduced) = (CPUBackend(CPUConfiguration(threads: 2)), CPUBackend(Self.configuration))
        let expected = result(exact, rounded, false)
        let actual = result(reduced, { $0 }, false)
        #expect(relativeDifference(actual.input, expected.input) < 1e-5)
        #expect(relativeDifference(actual.weight, expected.weight) < 1e-5)
        let full = (result(reduced, { $0 }, true), result(exact, { $0 }, false))
        #expect(relativeDifference(full.0.input, full.1.input) < 1e-5)
        #expect(relativeDifference(full.0.weight, full.1.weight) < 1e-5)
    }

    @Test(arguments: [(3, 1), (3, 2), (1, 1)], [(16, 32), (320, 64), (19, 21)])
    func convolutionGradients(_ shape: (kernel: Int, stride: Int), _ channels: (in: Int, out: Int)) {
        let geometry = ConvolutionGeometry(
            kernel: shape.kernel, stride: shape.stride, paddingBefore: shape.kernel / 2,
            paddingAfter: shape.kernel / 2)
        let result = { (backend: CPUBackend, round: (Float) -> Float) in
            gradients(
                x: [2, 9, 11, channels.in], weight: [channels.out, channels.in, shape.kernel, shape.kernel],
                out: [2, geometry.outputExtent(9), geometry.outputExtent(11), channels.out], backend, round
            ) { $0.convolution($1, bias: nil, geometry: geometry) }
        }
        let (exact, reduced) = (CPUBackend(CPUConfiguration(threads: 2)), CPUBackend(Self.configuration))
        let actual = result(reduced) { $0 }
        let (plain, expected) = (result(exact) { $0 }, result(exact, rounded))
        // Where oneDNN has no such gradient in bfloat16, it runs in float32 and is not rounded at all.
        for path in [\Gradients.input, \.weight] {
            let differences = [plain, expected].map {
                relativeDifference(actual[keyPath: path], $0[keyPath: path])
            }
            expect(plain: differences[0], rounded: differences[1])
        }
    }

    /// Of a result to that of factors as they are, and to that of rounded ones. oneDNN may lack one in bfloat16 and run it in
    /// float32; what rounds itself always does.
    private func expect(plain: Double, rounded: Double) {
        let isNative = Self.configuration.supports(.bfloat16)
        #expect(
            isNative ? min(plain, rounded) < 1e-5 : rounded < 1e-5 && plain > 1e-5, "\(plain), \(rounded)")
        #expect(plain < 1e-2)
    }

    /// What was made of a weight's values is forgotten when they change.
    @Test func roundedWeightsFollowTheirValues() {
        let tape = GradientTape(CPUBackend(Self.configuration))
        let x = Tensor([1, 1], shape: [1, 2], on: tape)
        let weight = tape.watched(Tensor([1, 2], shape: [1, 2], on: tape))
        let parameter = Parameter(name: "w", value: weight)
        #expect(x.linear(parameter, bias: nil).elements == [3])
        weight.floats[0] = 5
        tape.parametersChanged()
        #expect(x.linear(parameter, bias: nil).elements == [7])
    }

    private struct Gradients {
        let input, weight: [Float]
    }

    /// Of an operation whose factors, and whose output's gradient, are rounded before. The weights' come of two passes.
    private func gradients(
        x: Shape, weight: Shape, out: Shape, _ backend: CPUBackend, _ round: (Float) -> Float,
        full: Bool = false, _ operation: (Tensor, Parameter) -> Tensor
    ) -> Gradients {
        func tensor(_ shape: Shape, _ seed: UInt64) -> Tensor {
            let values = Tensor(normal: shape, seed: seed, on: backend).elements
            return Tensor(values.map { round($0) }, shape: shape, on: backend)
        }
        let tape = GradientTape(backend)
        let (input, values) = (tape.watched(tensor(x, 1)), tape.watched(tensor(weight, 2)))
        let parameter = Parameter(name: "w", value: values, coarsest: full ? .float32 : .int8)
        for _ in 0..<2 { tape.backward(operation(input, parameter), gradient: tensor(out, 3)) }
        return Gradients(
            input: input.gradient?.elements ?? [], weight: values.gradient?.elements ?? [])
    }
}
