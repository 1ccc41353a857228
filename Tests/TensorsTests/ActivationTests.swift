import Tensors
import Testing

@Suite struct ActivationTests {
    static let activations: [Activation] = [.relu, .silu, .gelu, .quickGELU, .tanh]

    /// Sizes around the vector width and above one task.
    static let counts = Array(1...33) + [257, 32767, 32768, 32769, 100_003]

    @Test(arguments: Configurations.kernels, activations)
    func everySize(_ configuration: CPUConfiguration, _ activation: Activation) {
        let backend = CPUBackend(configuration)
        for count in Self.counts {
            let x = PlainTensor(random: [count], seed: UInt64(count), deviation: 2)
            let error = relativeError(
                x.tensor(on: backend).activated(activation), PlainOperations.activate(x, activation))
            #expect(error < 1e-6, "\(count) elements")
        }
    }

    /// Each value alone: the error may be one of rounding, relative to the input.
    @Test(arguments: Configurations.kernels, activations)
    func everyValue(_ configuration: CPUConfiguration, _ activation: Activation) {
        let backend = CPUBackend(configuration)
        let grid = (-8000...8000).map { Double(Float($0) / 1000) }
        let large = [9, 20, 50, 86, 87, 88, 89, 100, 1000, 1e10, 1e30].flatMap { [$0, -$0] }
        let small = [0, 1e-3, 1e-5, 1e-10, 1e-20, 1e-38, 1e-40].flatMap {
            [Double(Float($0)), -Double(Float($0))]
        }
        let x = PlainTensor([grid.count + large.count + small.count], grid + large + small)
        let actual = x.tensor(on: backend).activated(activation)
        for (index, value) in x.values.enumerated() {
            let expected = PlainOperations.activate(value, activation)
            let tolerance = 3e-7 * min(abs(value), max(1, abs(expected))) + 1e-30
            #expect(
                abs(Double(actual.floats[index]) - expected) <= tolerance,
                "at \(value): \(actual.floats[index]) instead of \(expected)")
        }
    }

    /// Tanh of small numbers is small, and has as many digits as they have.
    @Test(arguments: Configurations.kernels, [1e-6, 1e-3, 0.1, 0.5, 1])
    func smallTanh(_ configuration: CPUConfiguration, _ deviation: Double) {
        let x = PlainTensor(random: [1009], seed: 3, deviation: deviation)
        let actual = x.tensor(on: CPUBackend(configuration)).activated(.tanh)
        #expect(relativeError(actual, PlainOperations.activate(x, .tanh)) < 5e-7)
    }

    /// What is not a number stays so: a broken weight must not look like a picture.
    @Test(arguments: Configurations.kernels, activations)
    func notANumber(_ configuration: CPUConfiguration, _ activation: Activation) {
        let backend = CPUBackend(configuration)
        var elements = Array(repeating: Float(1), count: 37)
        for index in [0, 15, 16, 36] { elements[index] = .nan }
        let actual = Tensor(elements, shape: [37], on: backend).activated(activation)
        #expect(actual.floats.indices.filter { actual.floats[$0].isNaN } == [0, 15, 16, 36])
    }

    @Test(arguments: Configurations.kernels)
    func geglu(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        let shapes =
            (1...33).map { [2, 3, 2 * $0] } + [[1, 1, 2560], [1, 67, 1286], [3, 1, 70_002], [1, 1, 2]]
        for shape in shapes {
            let x = PlainTensor(random: shape, seed: 5, deviation: 3)
            #expect(relativeError(x.tensor(on: backend).geglu(), PlainOperations.geglu(x)) < 1e-6, "\(shape)")
            #expect(
                relativeError(x.unalignedTensor(on: backend).geglu(), PlainOperations.geglu(x)) < 1e-6,
                "\(shape), unaligned")
        }
    }

    /// Each gate value from tail to tail.
    @Test(arguments: Configurations.kernels)
    func gegluTails(_ configuration: CPUConfiguration) {
        let gates = (-800...800).map { Double(Float($0) / 100) }
        let x = PlainTensor([1, 2 * gates.count], Array(repeating: 1, count: gates.count) + gates)
        let actual = x.tensor(on: CPUBackend(configuration)).geglu()
        for (index, expected) in PlainOperations.geglu(x).values.enumerated() {
            #expect(abs(Double(actual.floats[index]) - expected) <= 3e-7 * max(1, abs(gates[index])))
        }
    }
}
