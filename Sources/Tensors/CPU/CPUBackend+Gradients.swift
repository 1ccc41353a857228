import CKernels

/// The backward half of every operation that needs no library. Gradients of activations are new tensors; those of
/// parameters are added to a given one.
extension CPUBackend {
    /// `target (+)= coefficients * terms`; without `adds` the target's old contents count for nothing.
    func accumulate(_ terms: [(Float, Tensor)], into target: Tensor, adds: Bool) {
        let all = (adds ? [(Float(1), target)] : []) + terms
        ck_combine(
            &context, target.baseAddress, target.count, all.count, all.map(\.0),
            all.map { UnsafePointer($0.1.baseAddress) })
    }

    /// `z` is the input of the activation, or its output where that determines the derivative.
    func activationGradient(_ gradient: Tensor, at z: Tensor, _ activation: Activation) -> Tensor {
        let out = Tensor(uninitialized: z.shape, on: self)
        ck_activate_backward(
            &context, out.baseAddress, gradient.baseAddress, z.baseAddress, z.count,
            Optional(activation).kernelActivation)
        return out
    }

    func gegluGradient(_ gradient: Tensor, at x: Tensor) -> Tensor {
        let out = Tensor(uninitialized: x.shape, on: self)
        let width = x.shape[-1] / 2
        ck_geglu_backward(
            &context, out.baseAddress, gradient.baseAddress, x.baseAddress, x.count / (2 * width), width)
        return out
    }

    /// Writes `offsetGradient [N, C]` and adds to the parameters' gradients where they are given.
    func groupNormGradient(
        _ gradient: Tensor, at x: Tensor, offset: Tensor?, groups: Int, weight: Parameter, bias: Parameter,
        epsilon: Float, activation: Activation?, offsetGradient: Tensor?, weightGradient: Tensor?,
        biasGradient: Tensor?
    ) -> Tensor {
        let out = Tensor(uninitialized: x.shape, on: self)
        let (images, channels) = (x.shape[0], x.shape[-1])
        let workspace = allocate(byteCount: 8 * ck_group_norm_backward_workspace(images, channels))
        withExtendedLifetime(workspace) {
            ck_group_norm_backward(
                &context, out.baseAddress, offsetGradient?.baseAddress, weightGradient?.baseAddress,
                biasGradient?.baseAddress, gradient.baseAddress, x.baseAddress, offset?.baseAddress, images,
                x.count / (images * channels), channels, groups, float32(weight).baseAddress,
                float32(bias).baseAddress, epsilon, activation.kernelActivation,
                workspace.pointer.assumingMemoryBound(to: Double.self))
        }
        return out
    }

    func layerNormGradient(
        _ gradient: Tensor, at x: Tensor, weight: Parameter, epsilon: Float, weightGradient: Tensor?,
        biasGradient: Tensor?
    ) -> Tensor {
        let out = Tensor(uninitialized: x.shape, on: self)
        let width = x.shape[-1]
        let rows = x.count / width
        let workspace = allocate(byteCount: 4 * ck_layer_norm_backward_workspace(rows, width))
        withExtendedLifetime(workspace) {
            ck_layer_norm_backward(
                &context, out.baseAddress, weightGradient?.baseAddress, biasGradient?.baseAddress,
                gradient.baseAddress, x.baseAddress, rows, width, float32(weight).baseAddress, epsilon,
                workspace.pointer.assumingMemoryBound(to: Float.self))
        }
        return out
    }

    /// The gradient of the queries; adds to those of the segments' keys and values where targets are given.
    func attentionGradient(
        _ gradient: Tensor, at queries: Tensor, sequences: AttentionSequences, heads: Int, isCausal: Bool,
        output: Tensor, logSumExp: Tensor, targets: [(keys: Tensor?, values: Tensor?)]
    ) -> Tensor {
        precondition(sequences.segments.allSatisfy { !$0.bfloat16 }, "keys and values have no gradients")
        let out = Tensor(uninitialized: queries.shape, on: self)
        let (images, tokens, channels) = (queries.shape[0], queries.shape[1], queries.shape[2])
        let gradients = targets.map {
            ck_segment_gradient(keys: $0.keys?.baseAddress, values: $0.values?.baseAddress)
        }
        let count = gradients.count
        var tables = [Int](repeating: 0, count: ck_attention_backward_tables(images, count))
        let size = ck_attention_backward_workspace(
            &context, &tables, gradients, images, tokens, channels, heads, sequences.segments, count,
            sequences.first, sequences.members)
        let workspace = allocate(byteCount: size)
        withExtendedLifetime((workspace, targets, sequences)) {
            ck_attention_backward(
                &context, out.baseAddress, gradients, gradient.baseAddress, output.baseAddress,
                logSumExp.baseAddress, queries.baseAddress, images, tokens, channels, heads,
                sequences.segments, count, sequences.first, sequences.members, isCausal, &tables,
                workspace.pointer)
        }
        return out
    }

    func squaredErrorGradient(_ x: Tensor, target: Tensor, weights: Tensor?, huber: Float, factor: Float)
        -> Tensor
    {
        let out = Tensor(uninitialized: x.shape, on: self)
        _ = squaredError(x, target: target, weights: weights, huber: huber, gradient: out, factor: factor)
        return out
    }

    /// The sum of `weights (x - target)²`, linear beyond `huber`, and `factor` times its gradient.
    func squaredError(
        _ x: Tensor, target: Tensor, weights: Tensor?, huber: Float, gradient: Tensor?, factor: Float
    ) -> Double {
        let workspace = allocate(byteCount: 8 * ck_squares_workspace(x.count))
        return withExtendedLifetime(workspace) {
            ck_squared_error(
                &context, gradient?.baseAddress, factor, x.baseAddress, target.baseAddress,
                weights?.baseAddress, huber, x.count,
                workspace.pointer.assumingMemoryBound(to: Double.self))
        }
    }

    func crossEntropyGradient(_ logits: Tensor, targets: Tensor, factor: Float) -> Tensor {
        let out = Tensor(uninitialized: logits.shape, on: self)
        _ = crossEntropy(logits, targets: targets, gradient: out, factor: factor)
        return out
    }

    /// The sum of the rows' cross entropies, and `factor` times its gradient.
    func crossEntropy(_ logits: Tensor, targets: Tensor, gradient: Tensor?, factor: Float) -> Double {
        let width = logits.shape[-1]
        return ck_cross_entropy(
            gradient?.baseAddress, factor, logits.baseAddress, targets.baseAddress, logits.count / width,
            width)
    }

    func upsampleGradient(_ gradient: Tensor, shape: Shape) -> Tensor {
        let out = Tensor(uninitialized: shape, on: self)
        ck_upsample_2x_backward(
            &context, out.baseAddress, gradient.baseAddress, shape[0], shape[1], shape[2], shape[3],
            gradient.shape[1], gradient.shape[2])
        return out
    }

    /// The parts of `[..., a + b]` that are asked for, in the given shapes.
    func splitChannels(_ joined: Tensor, _ a: Shape?, _ b: Shape?, first: Int)
        -> (first: Tensor?, second: Tensor?)
    {
        let parts = (
            first: a.map { Tensor(uninitialized: $0, on: self) },
            second: b.map { Tensor(uninitialized: $0, on: self) }
        )
        let width = joined.shape[-1]
        ck_split(
            &context, parts.first?.baseAddress, first, parts.second?.baseAddress, width - first,
            joined.baseAddress, joined.count / width)
        return parts
    }

    func scatterRows(_ rows: Tensor, to indices: [Int], of table: Tensor) {
        ck_scatter_rows(table.baseAddress, rows.baseAddress, indices, indices.count, rows.shape[-1])
    }

    /// `target [C] += ` the sum of `x [..., C]` over all else.
    func sumRows(_ x: Tensor, into target: Tensor) {
        let width = x.shape[-1]
        let workspace = allocate(byteCount: 4 * ck_sum_rows_workspace(x.count / width, width))
        withExtendedLifetime(workspace) {
            ck_sum_rows(
                &context, target.baseAddress, x.baseAddress, x.count / width, width,
                workspace.pointer.assumingMemoryBound(to: Float.self))
        }
    }
}
