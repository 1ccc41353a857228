import Tensors

/// Numbers in float64 with a shape: what the plain operations take and give.
struct PlainTensor: Sendable {
    let shape: [Int]
    var values: [Double]

    init(_ shape: [Int], _ values: [Double]) {
        precondition(values.count == shape.reduce(1, *))
        self.shape = shape
        self.values = values
    }

    init(zeros shape: [Int]) {
        self.init(shape, Array(repeating: 0, count: shape.reduce(1, *)))
    }

    /// Roughly normal numbers, each exactly a float32.
    init(random shape: [Int], seed: UInt64, mean: Double = 0, deviation: Double = 1) {
        var generator = SplitMix64(state: seed)
        let values = (0..<shape.reduce(1, *)).map { _ in
            Double(Float(mean + deviation * generator.nextNormal()))
        }
        self.init(shape, values)
    }

    var last: Int { shape[shape.count - 1] }

    func tensor(on backend: any Backend) -> Tensor {
        Tensor(values.map { Float($0) }, shape: Shape(shape), on: backend)
    }

    /// The same numbers as rows 1... of a larger tensor, behind an odd number of floats, so that they start
    /// at an address that is a multiple of 4 only.
    func unalignedTensor(on backend: any Backend) -> Tensor {
        let storage = backend.allocate(byteCount: 4 * (values.count + 3))
        let tensor = Tensor(shape: Shape(shape), storage: storage, byteOffset: 12, backend: backend)
        for (index, value) in values.enumerated() { tensor.floats[index] = Float(value) }
        return tensor
    }

    func parameter(_ name: String = "p", on backend: any Backend) -> Parameter {
        Parameter(name: name, value: tensor(on: backend))
    }

    /// A parameter in a 16-bit type, and the values that it then has.
    func parameter(_ type: ElementType, on backend: any Backend) -> (Parameter, PlainTensor) {
        let storage = backend.allocate(byteCount: values.count * type.size)
        let value = Tensor(shape: Shape(shape), elementType: type, storage: storage, backend: backend)
        var rounded = self
        for (index, number) in values.enumerated() {
            switch type {
            case .float32: value.floats[index] = Float(number)
            case .float16:
                let half = Float16(number)
                storage.pointer.storeBytes(of: half.bitPattern, toByteOffset: 2 * index, as: UInt16.self)
                rounded.values[index] = Double(half)
            case .bfloat16:
                let bits = UInt16(truncatingIfNeeded: Float(number).bitPattern >> 16)
                storage.pointer.storeBytes(of: bits, toByteOffset: 2 * index, as: UInt16.self)
                rounded.values[index] = Double(Float(bitPattern: UInt32(bits) << 16))
            }
        }
        return (Parameter(name: "\(type.rawValue) parameter", value: value), rounded)
    }

    func rows(_ range: Range<Int>) -> PlainTensor {
        let width = values.count / shape[0]
        return PlainTensor(
            [range.count] + shape.dropFirst(),
            Array(values[range.lowerBound * width..<range.upperBound * width]))
    }

    func reshaped(_ shape: [Int]) -> PlainTensor { PlainTensor(shape, values) }

    func map(_ transform: (Double) -> Double) -> PlainTensor { PlainTensor(shape, values.map(transform)) }
}

/// A small generator with a fixed sequence for each seed.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// The sum of four uniform numbers, with mean 0 and deviation 1.
    mutating func nextNormal() -> Double {
        let sum = (0..<4).reduce(0.0) { sum, _ in sum + Double(next() >> 11) * 0x1p-53 }
        return (sum - 2) * 3.0.squareRoot()
    }
}

/// Norm of the difference over norm of what is expected; infinite where a number is missing or not finite.
func relativeError(_ actual: Tensor, _ expected: PlainTensor) -> Double {
    guard actual.shape.dimensions == expected.shape else { return .infinity }
    var difference = 0.0
    var norm = 0.0
    for (a, e) in zip(actual.floats, expected.values) {
        difference += (Double(a) - e) * (Double(a) - e)
        norm += e * e
    }
    guard difference.isFinite else { return .infinity }
    return (norm > 0 ? difference / norm : difference).squareRoot()
}

/// Whether two tensors have the same shape and the same bits.
func isBitwiseEqual(_ a: Tensor, _ b: Tensor) -> Bool {
    a.shape == b.shape && zip(a.floats, b.floats).allSatisfy { $0.bitPattern == $1.bitPattern }
}
