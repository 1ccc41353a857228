import Tensors
import Testing

/// Operations that move numbers or add them up.
@Suite struct LayoutTests {
    static let shapes =
        (1...33).map { [1, 2, $0, 34 - $0] } + [
            [3, 1, 1, 1], [2, 5, 7, 37], [1, 67, 129, 19], [2, 3, 5, 4099],
        ]

    @Test(arguments: Configurations.kernels)
    func upsampling(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        for shape in Self.shapes {
            let x = PlainTensor(random: shape, seed: 1)
            let actual = x.unalignedTensor(on: backend).upsampledNearest2x()
            #expect(relativeError(actual, PlainOperations.upsampledNearest2x(x)) == 0, "\(shape)")
        }
    }

    @Test(arguments: Configurations.kernels)
    func joiningChannels(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        for shape in Self.shapes {
            let a = PlainTensor(random: shape, seed: 1)
            let b = PlainTensor(random: shape.dropLast() + [1 + shape[2] % 7], seed: 2)
            let actual = a.unalignedTensor(on: backend).concatenatingChannels(b.tensor(on: backend))
            #expect(relativeError(actual, PlainOperations.concatenateChannels(a, b)) == 0, "\(shape)")
        }
    }

    @Test(arguments: Configurations.kernels)
    func channelsFirstAndLast(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        for shape in Self.shapes {
            let x = PlainTensor(random: shape, seed: 1)
            let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
            let expected = PlainOperations.transposed(x.reshaped([n, h * w, c])).reshaped([n, c, h, w])
            let first = x.unalignedTensor(on: backend).channelsFirst()
            #expect(relativeError(first, expected) == 0, "\(shape)")
            #expect(relativeError(first.channelsLast(), x) == 0, "\(shape)")
        }
    }

    @Test(arguments: Configurations.kernels)
    func rows(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        let x = PlainTensor(random: [7, 3, 5], seed: 1)
        let tensor = x.tensor(on: backend)
        let parts = [tensor[rows: 5..<7], tensor[rows: 0..<1], tensor[rows: 2..<2], tensor[rows: 1..<5]]
        let joined = Tensor.concatenatingRows(parts)
        let expected = x.rows(5..<7).values + x.rows(0..<1).values + x.rows(1..<5).values
        #expect(relativeError(joined, PlainTensor([7, 3, 5], expected)) == 0)
        #expect(relativeError(Tensor.concatenatingRows([parts[0]]), x.rows(5..<7)) == 0)
    }

    @Test(arguments: Configurations.kernels, ElementType.allCases)
    func gatheredRows(_ configuration: CPUConfiguration, _ type: ElementType) {
        let backend = CPUBackend(configuration)
        let (table, plain) = PlainTensor(random: [11, 37], seed: 1).parameter(type, on: backend)
        let indices = [10, 0, 3, 3, 7]
        let actual = table.rows(indices)
        let expected = PlainTensor([5, 37], indices.flatMap { plain.rows($0..<$0 + 1).values })
        #expect(relativeError(actual, expected) == 0)
    }

    @Test(arguments: Configurations.kernels)
    func linearCombinations(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        for count in Array(1...33) + [32_768, 70_001] {
            let terms = (1...4).map { PlainTensor(random: [1, count], seed: UInt64($0)) }
            let tensors = terms.map { $0.unalignedTensor(on: backend) }
            for used in 1...4 {
                let coefficients: [Float] = [0.75, -1.3, 1e-3, 7.5]
                let actual = Tensor.linearCombination((0..<used).map { (coefficients[$0], tensors[$0]) })
                let expected = PlainOperations.linearCombination(
                    (0..<used).map { (Double(coefficients[$0]), terms[$0]) })
                #expect(relativeError(actual, expected) < 1e-6, "\(used) terms of \(count)")
            }
            let difference = PlainOperations.linearCombination([(1, terms[0]), (-1, terms[1])])
            #expect(relativeError(tensors[0] - tensors[1], difference) < 1e-6)
            let sum = PlainOperations.linearCombination([(2, terms[0]), (2, terms[1])])
            #expect(relativeError(2 * (tensors[0] + tensors[1]), sum) < 1e-6)
        }
    }

    @Test func views() {
        let backend = CPUBackend()
        let tensor = PlainTensor(random: [4, 6], seed: 1).tensor(on: backend)
        let view = tensor[rows: 1..<3].reshaped([2, 2, 3])
        #expect(view.byteOffset == 24 && view.storage === tensor.storage)
        #expect(view.elements == Array(tensor.elements[6..<18]))
        #expect(Tensor(zeros: [0, 3], on: backend).elements.isEmpty)
        #expect(Tensor([2.5], shape: [], on: backend).count == 1)
    }
}
