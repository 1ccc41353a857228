import Glibc
import Tensors
import Testing

/// Every operation's backward half against central differences, on odd sizes, in every configuration.
@Suite struct GradientTests {
    static let tolerance = 1e-6

    private func expect(
        _ check: GradientCheck, in configurations: [CPUConfiguration] = Configurations.kernels,
        tolerance: Double = Self.tolerance, _ operation: (GradientTape, [Tensor]) -> Tensor
    ) {
        for configuration in configurations {
            let error = check.error(configuration, operation)
            #expect(error < tolerance, "\(configuration.testDescription)")
        }
    }

    @Test(arguments: LinearTests.Case.all)
    func linear(_ test: LinearTests.Case) {
        let inputs = [test.x, test.weight] + [test.bias, test.residual].compactMap { $0 }
        let check = GradientCheck(inputs, directions: 1) { inputs in
            PlainOperations.linear(
                inputs[0], inputs[1], bias: test.hasBias ? inputs[2] : nil,
                residual: test.hasResidual ? inputs[inputs.count - 1] : nil)
        }
        expect(check, in: Configurations.products) { _, inputs in
            inputs[0].linear(
                inputs[1].parameter(), bias: test.hasBias ? inputs[2].parameter() : nil,
                residual: test.hasResidual ? inputs[inputs.count - 1] : nil)
        }
    }

    @Test(arguments: ConvolutionTests.Case.all.filter { $0.shape.reduce(1, *) * $0.channels < 200_000 })
    func convolution(_ test: ConvolutionTests.Case) {
        // Where relu bends, a difference is no slope: a smooth activation takes its place, and has its own test.
        let activation = test.activation == .relu ? .tanh : test.activation
        let inputs = [test.x, test.weight] + [test.bias, test.residual].compactMap { $0 }
        let check = GradientCheck(inputs, directions: 1) { inputs in
            PlainOperations.convolution(
                inputs[0], inputs[1], bias: test.hasBias ? inputs[2] : nil, geometry: test.geometry,
                residual: test.hasResidual ? inputs[inputs.count - 1] : nil, activation: activation)
        }
        expect(check, in: Configurations.products, tolerance: 3e-6) { _, inputs in
            inputs[0].convolution(
                inputs[1].parameter(), bias: test.hasBias ? inputs[2].parameter() : nil,
                geometry: test.geometry, residual: test.hasResidual ? inputs[inputs.count - 1] : nil,
                activation: activation)
        }
    }

    /// One channel a group: an offset changes nothing, and there is no slope to compare with.
    static let groupNorms = NormalizationTests.GroupNormCase.all.filter {
        $0.deviation > 0.1 && $0.mean == 0 && !($0.hasOffset && $0.groups == $0.shape.last)
    }

    @Test(arguments: groupNorms)
    func groupNorm(_ test: NormalizationTests.GroupNormCase) {
        let activation = test.activation == .relu ? nil : test.activation
        let inputs = [test.x, test.weight, test.bias] + [test.offset].compactMap { $0 }
        let check = GradientCheck(inputs, directions: 1) { inputs in
            PlainOperations.groupNorm(
                inputs[0], groups: test.groups, weight: inputs[1], bias: inputs[2], epsilon: 1e-2,
                offset: test.hasOffset ? inputs[3] : nil, activation: activation)
        }
        expect(check, tolerance: 3e-6) { _, inputs in
            inputs[0].groupNorm(
                groups: test.groups, weight: inputs[1].parameter(), bias: inputs[2].parameter(),
                epsilon: 1e-2, offset: test.hasOffset ? inputs[3] : nil, activation: activation)
        }
    }

    /// A mean far larger than the deviation costs no precision.
    @Test(arguments: [nil, Activation.silu])
    func groupNormFarFromZero(_ activation: Activation?) {
        let inputs = [
            PlainTensor(random: [2, 9, 7, 33], seed: 1, mean: 1e3, deviation: 0.5),
            PlainTensor(random: [33], seed: 2, mean: 1), PlainTensor(random: [33], seed: 3),
            PlainTensor(random: [2, 33], seed: 4),
        ]
        let check = GradientCheck(inputs) { inputs in
            PlainOperations.groupNorm(
                inputs[0], groups: 3, weight: inputs[1], bias: inputs[2], epsilon: 1e-6, offset: inputs[3],
                activation: activation)
        }
        expect(check, tolerance: 3e-6) { _, inputs in
            inputs[0].groupNorm(
                groups: 3, weight: inputs[1].parameter(), bias: inputs[2].parameter(), epsilon: 1e-6,
                offset: inputs[3], activation: activation)
        }
    }

    @Test(arguments: (1...33).map { [2, 3, $0] } + [[2, 77, 96], [3, 301, 64], [5, 7, 1031]])
    func layerNorm(_ shape: [Int]) {
        let inputs = [
            PlainTensor(random: shape, seed: 1, mean: 0.3),
            PlainTensor(random: [shape[2]], seed: 2, mean: 1), PlainTensor(random: [shape[2]], seed: 3),
        ]
        let check = GradientCheck(inputs) { inputs in
            PlainOperations.layerNorm(inputs[0], weight: inputs[1], bias: inputs[2], epsilon: 1e-2)
        }
        expect(check) { _, inputs in
            inputs[0].layerNorm(weight: inputs[1].parameter(), bias: inputs[2].parameter(), epsilon: 1e-2)
        }
    }

    @Test(
        arguments: AttentionTests.Case.all.filter {
            $0.deviation == 1 && $0.images * $0.tokens * $0.segments.reduce(0, +) * $0.channels < 4_000_000
        })
    func attention(_ test: AttentionTests.Case) {
        let segments = test.keysValues
        let inputs =
            [test.queries] + segments.filter { $0.keys.shape[0] > 0 }.flatMap { [$0.keys, $0.values] }
        // Segments without tokens have no gradient.
        var places: [Int?] = []
        for (index, segment) in segments.enumerated() {
            let before = segments[..<index].count { $0.keys.shape[0] > 0 }
            places.append(segment.keys.shape[0] > 0 ? 1 + 2 * before : nil)
        }
        let seen = test.seen.map { $0.compactMap { places[$0] } }
        let check = GradientCheck(inputs, directions: 1) { inputs in
            PlainOperations.attention(
                inputs[0], keysValues: seen.map { $0.map { (keys: inputs[$0], values: inputs[$0 + 1]) } },
                heads: test.heads, isCausal: test.isCausal)
        }
        expect(check, tolerance: 3e-6) { _, inputs in
            inputs[0].attention(
                over: seen.map { $0.map { KeysValues(keys: inputs[$0], values: inputs[$0 + 1]) } },
                heads: test.heads, isCausal: test.isCausal)
        }
    }

    /// Sets of images in one batch, as the U-Net couples them: keys are rows of one tensor.
    @Test func coupledAttention() {
        let (images, tokens, channels) = (5, 13, 24)
        let sets = [0..<3, 3..<5]
        let inputs = (1...3).map { PlainTensor(random: [images, tokens, channels], seed: UInt64($0)) }
        let check = GradientCheck(inputs) { inputs in
            PlainOperations.attention(
                inputs[0],
                keysValues: sets.flatMap { set in
                    let shape = [set.count * tokens, channels]
                    let seen = (
                        keys: inputs[1].rows(set).reshaped(shape), values: inputs[2].rows(set).reshaped(shape)
                    )
                    return Array(repeating: [seen], count: set.count)
                }, heads: 3, isCausal: false)
        }
        expect(check) { _, inputs in
            inputs[0].attention(
                over: sets.flatMap { set in
                    let shape: Shape = [set.count * tokens, channels]
                    let seen = KeysValues(
                        keys: inputs[1][rows: set].reshaped(shape),
                        values: inputs[2][rows: set].reshaped(shape))
                    return Array(repeating: [seen], count: set.count)
                }, heads: 3)
        }
    }

    /// Segments that overlap in memory add to the same gradients.
    @Test func overlappingSegments() {
        let inputs = [
            PlainTensor(random: [2, 5, 16], seed: 1), PlainTensor(random: [9, 16], seed: 2),
            PlainTensor(random: [9, 16], seed: 3),
        ]
        let check = GradientCheck(inputs) { inputs in
            PlainOperations.attention(
                inputs[0],
                keysValues: [
                    [(inputs[1], inputs[2]), (inputs[1].rows(0..<4), inputs[2].rows(3..<7))],
                    [(inputs[1].rows(2..<9), inputs[2].rows(2..<9))],
                ], heads: 2, isCausal: false)
        }
        expect(check) { _, inputs in
            let (k, v) = (inputs[1], inputs[2])
            return inputs[0].attention(
                over: [
                    [
                        KeysValues(keys: k, values: v),
                        KeysValues(keys: k[rows: 0..<4], values: v[rows: 3..<7]),
                    ],
                    [KeysValues(keys: k[rows: 2..<9], values: v[rows: 2..<9])],
                ], heads: 2)
        }
    }

    @Test(arguments: [Activation.silu, .gelu, .quickGELU, .tanh], [1, 15, 16, 33, 70_001])
    func activations(_ activation: Activation, _ count: Int) {
        let inputs = [PlainTensor(random: [count], seed: 5, deviation: 1.5)]
        let check = GradientCheck(inputs) { PlainOperations.activate($0[0], activation) }
        expect(check) { _, inputs in inputs[0].activated(activation) }
    }

    /// Relu bends at 0, where the derivative is taken as 0.
    @Test(arguments: Configurations.kernels)
    func relu(_ configuration: CPUConfiguration) {
        let backend = CPUBackend(configuration)
        let tape = GradientTape(backend)
        let values: [Float] = (0..<37).map { Float($0 % 5) - 2 }
        let x = tape.watched(Tensor(values, shape: [37], on: backend))
        let factors = PlainTensor(random: [37], seed: 1)
        tape.backward(x.activated(.relu), gradient: factors.tensor(on: backend))
        let expected = zip(values, factors.values).map { $0 > 0 ? $1 : 0 }
        #expect(relativeError(x.gradient ?? x, PlainTensor([37], expected)) == 0)
    }

    @Test(arguments: [[1, 2], [3, 30], [7, 66], [2, 3, 514], [700, 130]])
    func geglu(_ shape: [Int]) {
        let check = GradientCheck([PlainTensor(random: shape, seed: 1)]) { PlainOperations.geglu($0[0]) }
        expect(check) { _, inputs in inputs[0].geglu() }
    }

    @Test(arguments: [1, 16, 31, 40_003])
    func linearCombination(_ count: Int) {
        let inputs = (1...3).map { PlainTensor(random: [count], seed: UInt64($0)) }
        let check = GradientCheck(inputs) { inputs in
            // The first tensor twice: its gradients add up.
            PlainOperations.linearCombination([
                (1, inputs[0]), (-0.5, inputs[1]), (2, inputs[0]), (1, inputs[2]),
            ])
        }
        expect(check) { _, inputs in
            Tensor.linearCombination([
                (1, inputs[0]), (-0.5, inputs[1]), (2, inputs[0]), (1, inputs[2]),
            ])
        }
    }

    @Test(arguments: [[1, 1, 1, 1], [2, 3, 5, 7], [1, 4, 2, 33]], [0, 1])
    func upsampling(_ shape: [Int], _ less: Int) {
        let check = GradientCheck([PlainTensor(random: shape, seed: 1)]) { inputs in
            let whole = PlainOperations.upsampledNearest2x(inputs[0])
            guard less == 1 else { return whole }
            // Without the last row and column.
            let (n, h, w, c) = (shape[0], 2 * shape[1], 2 * shape[2], shape[3])
            var values: [Double] = []
            for image in 0..<n {
                for row in 0..<h - 1 {
                    let begin = (image * h + row) * w * c
                    values += whole.values[begin..<begin + (w - 1) * c]
                }
            }
            return PlainTensor([n, h - 1, w - 1, c], values)
        }
        expect(check) { _, inputs in
            inputs[0].upsampledNearest2x(height: 2 * shape[1] - less, width: 2 * shape[2] - less)
        }
    }

    @Test(arguments: [(1, 1), (3, 5), (16, 33), (700, 90)])
    func concatenatingChannels(_ widths: (Int, Int)) {
        let inputs = [
            PlainTensor(random: [2, 29, widths.0], seed: 1), PlainTensor(random: [2, 29, widths.1], seed: 2),
        ]
        let check = GradientCheck(inputs) { PlainOperations.concatenateChannels($0[0], $0[1]) }
        expect(check) { _, inputs in inputs[0].concatenatingChannels(inputs[1]) }
    }

    @Test func concatenatingRows() {
        let inputs = [PlainTensor(random: [2, 7], seed: 1), PlainTensor(random: [3, 7], seed: 2)]
        let check = GradientCheck(inputs) { inputs in
            PlainTensor([7, 7], inputs[0].values + inputs[1].values + inputs[0].values)
        }
        expect(check) { _, inputs in Tensor.concatenatingRows([inputs[0], inputs[1], inputs[0]]) }
    }

    @Test func rowsOfATable() {
        let indices = [3, 0, 3, 4]
        let check = GradientCheck([PlainTensor(random: [5, 19], seed: 1)]) { inputs in
            PlainTensor([4, 19], indices.flatMap { inputs[0].rows($0..<$0 + 1).values })
        }
        expect(check) { _, inputs in inputs[0].parameter().rows(indices) }
    }

    @Test func transposing() {
        let check = GradientCheck([PlainTensor(random: [3, 17, 35], seed: 1)]) {
            PlainOperations.transposed($0[0])
        }
        expect(check) { _, inputs in
            inputs[0].reshaped([3, 17, 1, 35]).channelsFirst().reshaped([3, 35, 17])
        }
    }

    @Test(arguments: [1, 17, 40_003], [Float.infinity, 0.7])
    func weightedSquaredError(_ count: Int, huber: Float) {
        let x = PlainTensor(random: [count], seed: 1)
        let target = PlainTensor(random: [count], seed: 2)
        let weights = PlainTensor(random: [count], seed: 3, mean: 1, deviation: 0.2)
        for weights in [weights, nil] {
            let check = GradientCheck([x]) { inputs in
                let sum = inputs[0].values.indices.reduce(0.0) { sum, index in
                    let difference = inputs[0].values[index] - target.values[index]
                    let square =
                        abs(difference) <= Double(huber)
                        ? difference * difference
                        : Double(huber) * (2 * abs(difference) - Double(huber))
                    return sum + (weights?.values[index] ?? 1) * square
                }
                return PlainTensor([], [sum])
            }
            expect(check, tolerance: 1e-5) { tape, inputs in
                inputs[0].weightedSquaredError(
                    target.tensor(on: tape), weights: weights?.tensor(on: tape), huber: huber)
            }
        }
    }

    /// Some classes are wanted in part, some take no part at all.
    @Test(arguments: [[2, 5], [5, 21], [2, 3, 33]])
    func crossEntropy(_ shape: [Int]) {
        let x = PlainTensor(random: shape, seed: 1, deviation: 3)
        var targets = PlainTensor(random: shape, seed: 2).map { max(0, $0) }
        targets.values[0] = 0
        let value = { (logits: PlainTensor) in
            let width = logits.last
            return (0..<logits.values.count / width).reduce(0.0) { sum, row in
                let range = row * width..<(row + 1) * width
                let level = log(range.reduce(0.0) { $0 + (excluded($1) ? 0 : exp(logits.values[$1])) })
                return sum + range.reduce(0.0) { $0 + targets.values[$1] * (level - logits.values[$1]) }
            }
        }
        func excluded(_ index: Int) -> Bool { index == 0 }
        let check = GradientCheck([x]) { PlainTensor([], [value($0[0])]) }
        var mask = PlainTensor(zeros: shape)
        mask.values[0] = -1e9
        expect(check, tolerance: 1e-5) { tape, inputs in
            (inputs[0] + mask.tensor(on: tape)).crossEntropy(targets.tensor(on: tape))
        }
        var excluding = x
        excluding.values[0] = -1e9
        let actual = excluding.tensor(on: CPUBackend()).crossEntropy(targets.tensor(on: CPUBackend()))
        #expect(abs(Double(actual.floats[0]) - value(x)) < 1e-5 * max(1, abs(value(x))))
    }

    /// What is compared with itself, as in contrastive losses: both factors of the product are the same tensor.
    @Test func productWithItself() {
        let check = GradientCheck([PlainTensor(random: [5, 7], seed: 1)]) { inputs in
            PlainOperations.linear(inputs[0], inputs[0], bias: nil, residual: nil)
        }
        expect(check, in: Configurations.products) { _, inputs in
            inputs[0].linear(inputs[0].parameter())
        }
    }
}
