/// Every operation: computed by the base, and how to go back.
extension GradientTape {
    // MARK: Products and convolutions

    public func linear(_ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?) -> Tensor {
        let plain = plainLinear(x, weight: weight, bias: bias, residual: residual)
        guard let (_, adapter) = adapters[ObjectIdentifier(weight.value.storage)] else { return plain }
        let low = plainLinear(x, weight: adapter.down, bias: nil, residual: nil)
        return plainLinear(
            linearCombination([(adapter.factor, low)]), weight: adapter.up, bias: nil, residual: plain)
    }

    private func plainLinear(_ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?) -> Tensor {
        meet(weight, bias)
        let out = base.trainingLinear(x, weight: weight, bias: bias, residual: residual)
        return record(out, of: [x, weight.value, bias?.value, residual]) { [self] gradient in
            if let (target, adds) = target(for: weight.value) {
                base.linearWeightGradient(x, gradient, weight: weight, into: target, adds: adds)
            }
            if let bias, let target = sumTarget(for: bias.value) { base.sumRows(gradient, into: target) }
            if x.wantsGradient {
                add(base.linearInputGradient(gradient, weight: weight, shape: x.shape), to: x)
            }
            if let residual { add(gradient, to: residual) }
        }
    }

    public func convolution(
        _ x: Tensor, weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry,
        residual: Tensor?, activation: Activation?
    ) -> Tensor {
        if let activation, !activation.isKnownByOutput {
            let out = convolution(
                x, weight: weight, bias: bias, geometry: geometry, residual: residual, activation: nil)
            return activate(out, activation)
        }
        meet(weight, bias)
        let out = base.directConvolution(
            x, weight: weight, bias: bias, geometry: geometry, residual: residual, activation: activation)
        let kept = activation == nil ? nil : out
        return record(out, of: [x, weight.value, bias?.value, residual]) { [self] gradient in
            var gradient = gradient
            if let activation, let kept {
                gradient = base.activationGradient(gradient, at: kept, activation)
            }
            if let (target, adds) = target(for: weight.value) {
                base.convolutionWeightGradient(
                    x, gradient, weight: weight, geometry: geometry, into: target, adds: adds)
            }
            if let bias, let target = sumTarget(for: bias.value) { base.sumRows(gradient, into: target) }
            if x.wantsGradient {
                add(
                    base.convolutionInputGradient(
                        gradient, weight: weight, geometry: geometry, shape: x.shape), to: x)
            }
            if let residual { add(gradient, to: residual) }
        }
    }

    // MARK: Normalisation and attention

    public func groupNorm(
        _ x: Tensor, offset: Tensor?, groups: Int, weight: Parameter, bias: Parameter, epsilon: Float,
        activation: Activation?
    ) -> Tensor {
        if let activation, activation != .silu, activation != .relu {
            let out = groupNorm(
                x, offset: offset, groups: groups, weight: weight, bias: bias, epsilon: epsilon,
                activation: nil)
            return activate(out, activation)
        }
        meet(weight, bias)
        let out = base.groupNorm(
            x, offset: offset, groups: groups, weight: weight, bias: bias, epsilon: epsilon,
            activation: activation, as: .float32)
        return record(out, of: [x, offset, weight.value, bias.value]) { [self] gradient in
            let offsetGradient = offset.flatMap {
                $0.wantsGradient ? Tensor(uninitialized: $0.shape, on: base) : nil
            }
            add(
                base.groupNormGradient(
                    gradient, at: x, offset: offset, groups: groups, weight: weight, bias: bias,
                    epsilon: epsilon, activation: activation, offsetGradient: offsetGradient,
                    weightGradient: sumTarget(for: weight.value), biasGradient: sumTarget(for: bias.value)),
                to: x)
            if let offset, let offsetGradient { add(offsetGradient, to: offset) }
        }
    }

    public func layerNorm(_ x: Tensor, weight: Parameter, bias: Parameter, epsilon: Float) -> Tensor {
        meet(weight, bias)
        let out = base.layerNorm(x, weight: weight, bias: bias, epsilon: epsilon, as: .float32)
        return record(out, of: [x, weight.value, bias.value]) { [self] gradient in
            add(
                base.layerNormGradient(
                    gradient, at: x, weight: weight, epsilon: epsilon,
                    weightGradient: sumTarget(for: weight.value), biasGradient: sumTarget(for: bias.value)),
                to: x)
        }
    }

    public func attention(
        _ queries: Tensor, keysValues: [[KeysValues]], heads: Int, isCausal: Bool, bearing coarsest: Precision
    ) -> Tensor {
        let sequences = AttentionSequences(keysValues)
        let inputs = [queries] + sequences.entries.flatMap { [$0.keys, $0.values] }
        // What a gradient goes back through, and what stands beside it, is float32 in every precision.
        let attend = { [base] (levels: Tensor?) in
            base.attention(
                queries, sequences: sequences, heads: heads, isCausal: isCausal,
                logSumExp: levels)
        }
        guard inputs.contains(where: \.wantsGradient) else { return attend(nil).seen(by: self) }
        let levels = Tensor(uninitialized: [queries.shape[0], heads, queries.shape[1]], on: base)
        let out = attend(levels)
        return record(out, of: inputs) { [self] gradient in
            let targets = sequences.entries.map { (sumTarget(for: $0.keys), sumTarget(for: $0.values)) }
            add(
                base.attentionGradient(
                    gradient, at: queries, sequences: sequences, heads: heads, isCausal: isCausal,
                    output: out,
                    logSumExp: levels, targets: targets),
                to: queries)
        }
    }

    /// Tells, and is not learned from.
    public func attentionWeights(_ queries: Tensor, keysValues: [KeysValues], heads: Int) -> Tensor {
        base.attentionWeights(queries, keysValues: keysValues, heads: heads).seen(by: self)
    }

    // MARK: Pointwise

    public func geglu(_ x: Tensor) -> Tensor {
        record(base.geglu(x, as: .float32), of: [x]) { [self] gradient in
            add(base.gegluGradient(gradient, at: x), to: x)
        }
    }

    public func activate(_ x: Tensor, _ activation: Activation) -> Tensor {
        let out = base.activate(x, activation)
        let kept = activation.isKnownByOutput ? out : x
        return record(out, of: [x]) { [self] gradient in
            add(base.activationGradient(gradient, at: kept, activation), to: x)
        }
    }

    public func linearCombination(_ terms: [(Float, Tensor)]) -> Tensor {
        record(base.linearCombination(terms), of: terms.map(\.1)) { [self] gradient in
            let wanted = terms.filter(\.1.wantsGradient)
            for (index, (coefficient, term)) in wanted.enumerated() {
                // The last one may keep what it is given.
                let isLast = index == wanted.count - 1
                let share =
                    isLast && coefficient == 1 ? gradient : base.linearCombination([(coefficient, gradient)])
                add(share, to: term)
            }
        }
    }

    public func weightedSquaredError(_ x: Tensor, target: Tensor, weights: Tensor?, huber: Float) -> Tensor {
        let out = base.weightedSquaredError(x, target: target, weights: weights, huber: huber)
        return record(out, of: [x]) { [self] gradient in
            add(
                base.squaredErrorGradient(
                    x, target: target, weights: weights, huber: huber, factor: gradient.floats[0]),
                to: x)
        }
    }

    public func crossEntropy(_ logits: Tensor, targets: Tensor) -> Tensor {
        record(base.crossEntropy(logits, targets: targets), of: [logits]) { [self] gradient in
            add(base.crossEntropyGradient(logits, targets: targets, factor: gradient.floats[0]), to: logits)
        }
    }

    // MARK: Layout

    public func upsampledNearest2x(_ x: Tensor, height: Int, width: Int) -> Tensor {
        let out = base.upsampledNearest2x(x, height: height, width: width)
        return record(out, of: [x]) { [self] gradient in
            add(base.upsampleGradient(gradient, shape: x.shape), to: x)
        }
    }

    public func concatenateChannels(_ a: Tensor, _ b: Tensor) -> Tensor {
        record(base.concatenateChannels(a, b), of: [a, b]) { [self] gradient in
            let parts = base.splitChannels(
                gradient, a.wantsGradient ? a.shape : nil, b.wantsGradient ? b.shape : nil,
                first: a.shape[-1])
            if let first = parts.first { add(first, to: a) }
            if let second = parts.second { add(second, to: b) }
        }
    }

    public func concatenateRows(_ tensors: [Tensor]) -> Tensor {
        record(base.concatenateRows(tensors), of: tensors) { [self] gradient in
            var row = 0
            for tensor in tensors {
                let rows = row..<row + tensor.shape[0]
                row = rows.upperBound
                guard let (target, adds) = target(for: tensor) else { continue }
                base.accumulate([(1, gradient[rows: rows])], into: target, adds: adds)
            }
        }
    }

    public func gatherRows(_ table: Parameter, _ indices: [Int]) -> Tensor {
        record(base.gatherRows(table, indices), of: [table.value]) { [self] gradient in
            if let target = sumTarget(for: table.value) {
                base.scatterRows(gradient, to: indices, of: target)
            }
        }
    }

    public func transposed(_ x: Tensor) -> Tensor {
        record(base.transposed(x), of: [x]) { [self] gradient in add(base.transposed(gradient), to: x) }
    }
}

extension Activation {
    /// Whether its derivative is a function of what it gives.
    var isKnownByOutput: Bool { self == .relu || self == .tanh }
}
