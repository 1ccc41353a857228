import Tensors

/// Gradients by the tape against central differences of the plain operations, in float64.
///
/// Both are taken of the sum of the output's elements, each times a random factor. Differences are taken along random
/// directions: an element that is wrong shows in each of them.
struct GradientCheck: Sendable {
    let inputs: [PlainTensor]
    private let factors: PlainTensor
    /// For every input, directions and what the output changes along them.
    private let expected: [[(direction: PlainTensor, slope: Double)]]

    init(
        _ inputs: [PlainTensor], directions: Int = 3, step: Double = 1e-5,
        _ operation: @escaping ([PlainTensor]) -> PlainTensor
    ) {
        self.inputs = inputs
        let factors = PlainTensor(random: operation(inputs).shape, seed: 77)
        self.factors = factors
        let value = { (inputs: [PlainTensor]) in
            zip(operation(inputs).values, factors.values).reduce(0) { $0 + $1.0 * $1.1 }
        }
        expected = inputs.indices.map { index in
            (0..<directions).map { number in
                let direction = PlainTensor(random: inputs[index].shape, seed: UInt64(900 + number))
                let along = { (distance: Double) in
                    var moved = inputs
                    for i in direction.values.indices {
                        moved[index].values[i] += distance * direction.values[i]
                    }
                    return value(moved)
                }
                return (direction, (along(step) - along(-step)) / (2 * step))
            }
        }
    }

    /// The largest difference over all inputs, relative to the norms of gradient and direction.
    func error(_ configuration: CPUConfiguration, _ operation: (GradientTape, [Tensor]) -> Tensor) -> Double {
        let backend = CPUBackend(configuration)
        let tape = GradientTape(backend)
        let inputs = inputs.map { tape.watched($0.tensor(on: backend)) }
        let out = operation(tape, inputs)
        guard out.shape.dimensions == factors.shape else { return .infinity }
        tape.backward(out, gradient: factors.tensor(on: backend))
        return zip(inputs, expected).map { input, slopes in
            guard let gradient = input.gradient?.elements.map(Double.init) else { return .infinity }
            let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return slopes.map { direction, slope in
                let length = direction.values.reduce(0) { $0 + $1 * $1 }.squareRoot()
                let actual = zip(gradient, direction.values).reduce(0) { $0 + $1.0 * $1.1 }
                let error = abs(actual - slope) / max(norm * length, 1e-30)
                return error.isNaN ? .infinity : error
            }.max() ?? .infinity
        }.max() ?? .infinity
    }
}

extension Tensor {
    /// A tensor of a test as the parameter of an operation.
    func parameter(_ name: String = "p") -> Parameter { Parameter(name: name, value: self) }
}
