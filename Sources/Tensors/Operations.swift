/// The operations of the models. Each checks its shapes, which are the programmer's to get right, and
/// dispatches to the tensor's backend, which may be a `GradientTape`.
extension Tensor {
    /// `self [..., in]`, `weight [out, in]` -> `self weightᵀ + bias + residual`, `[..., out]`.
    public func linear(_ weight: Parameter, bias: Parameter? = nil, residual: Tensor? = nil) -> Tensor {
        checkProduct(with: weight)
        Self.check(bias, count: weight.shape[0])
        Self.check(residual, shape: shape.replacingLast(with: weight.shape[0]))
        return backend.linear(self, weight: weight, bias: bias, residual: residual)
    }

    /// `linear(weight, bias: bias).geglu()`, in one go where the backend can: `[..., out / 2]`.
    public func linearGEGLU(_ weight: Parameter, bias: Parameter? = nil) -> Tensor {
        checkProduct(with: weight)
        precondition(weight.shape[0] % 2 == 0, "\(weight.name) \(weight.shape) has no two halves")
        Self.check(bias, count: weight.shape[0])
        return backend.linearGEGLU(self, weight: weight, bias: bias)
    }

    private func checkProduct(with weight: Parameter) {
        precondition(
            weight.shape.rank >= 2 && weight.shape[1] == shape[-1]
                && weight.shape.count == weight.shape[0] * weight.shape[1],
            "\(weight.name) \(weight.shape) cannot multiply \(shape)")
    }

    /// `self [N, H, W, in]`, `weight [out, in, k, k]` -> `[N, H', W', out]`, plus `residual`, then `activation`.
    public func convolution(
        _ weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry, residual: Tensor? = nil,
        activation: Activation? = nil
    ) -> Tensor {
        precondition(
            shape.rank == 4 && weight.shape.rank == 4
                && weight.shape.dimensions.dropFirst() == [shape[3], geometry.kernel, geometry.kernel],
            "\(weight.name) \(weight.shape) cannot convolve \(shape) with a kernel of \(geometry.kernel)")
        let (height, width) = (geometry.outputExtent(shape[1]), geometry.outputExtent(shape[2]))
        precondition(height > 0 && width > 0, "\(shape) is smaller than the kernel of \(weight.name)")
        Self.check(bias, count: weight.shape[0])
        Self.check(residual, shape: [shape[0], height, width, weight.shape[0]])
        return backend.convolution(
            self, weight: weight, bias: bias, geometry: geometry, residual: residual, activation: activation)
    }

    /// Group normalisation of `self [N, ..., C]` plus `offset [N, C]`, then `activation`.
    public func groupNorm(
        groups: Int, weight: Parameter, bias: Parameter, epsilon: Float, offset: Tensor? = nil,
        activation: Activation? = nil
    ) -> Tensor {
        precondition(shape[-1] % groups == 0, "\(shape[-1]) channels in \(groups) groups")
        Self.check(weight, count: shape[-1])
        Self.check(bias, count: shape[-1])
        Self.check(offset, shape: [shape[0], shape[-1]])
        return backend.groupNorm(
            self, offset: offset, groups: groups, weight: weight, bias: bias, epsilon: epsilon,
            activation: activation)
    }

    /// Layer normalisation over the innermost dimension.
    public func layerNorm(weight: Parameter, bias: Parameter, epsilon: Float) -> Tensor {
        Self.check(weight, count: shape[-1])
        Self.check(bias, count: shape[-1])
        return backend.layerNorm(self, weight: weight, bias: bias, epsilon: epsilon)
    }

    /// Softmax attention of the queries `self [N, T, C]`, heads side by side in the channels.
    ///
    /// Image `i` attends to all tokens of `keysValues[i]` as if they stood in one sequence. With `isCausal`
    /// each image has exactly one entry, of its own tokens, and token `t` sees keys `0...t`. It is no coarser than `coarsest`,
    /// whatever the precision.
    public func attention(
        over keysValues: [[KeysValues]], heads: Int, isCausal: Bool = false,
        bearing coarsest: Precision = .int8
    ) -> Tensor {
        precondition(
            shape.rank == 3 && keysValues.count == shape[0] && shape[2] % heads == 0,
            "queries \(shape) in \(heads) heads over the keys of \(keysValues.count) images")
        for image in keysValues {
            precondition(
                image.allSatisfy { $0.keys.shape.rank == 2 && $0.keys.shape[1] == shape[2] },
                "queries \(shape) over keys \(image.map(\.keys.shape))")
            precondition(image.contains { $0.keys.shape[0] > 0 }, "nothing to attend to")
            precondition(
                !isCausal || (image.count == 1 && image[0].keys.shape[0] == shape[1]),
                "causal attention is over one's own tokens")
        }
        return backend.attention(
            self, keysValues: keysValues, heads: heads, isCausal: isCausal, bearing: coarsest)
    }

    /// How much each token of `keysValues` counts for the queries `self [T, C]`: the weights that `attention` would give
    /// it, summed over the queries and averaged over the heads, `[tokens]`. Has no gradient.
    public func attentionWeights(over keysValues: [KeysValues], heads: Int) -> Tensor {
        precondition(shape.rank == 2 && shape[1] % heads == 0, "\(shape) in \(heads) heads")
        precondition(
            !keysValues.isEmpty && keysValues.count <= 1024
                && keysValues.allSatisfy { $0.keys.shape.rank == 2 && $0.keys.shape[1] == shape[1] },
            "queries \(shape) over \(keysValues.map(\.keys.shape))")
        return backend.attentionWeights(self, keysValues: keysValues, heads: heads)
    }

    /// `self [..., 2C]` -> `first half * GELU(second half)`.
    public func geglu() -> Tensor {
        precondition(shape[-1] % 2 == 0, "\(shape) has no two halves")
        return backend.geglu(self)
    }

    public func activated(_ activation: Activation) -> Tensor { backend.activate(self, activation) }

    /// The sum of `coefficient * tensor`.
    public static func linearCombination(_ terms: [(Float, Tensor)]) -> Tensor {
        precondition(!terms.isEmpty, "a sum of nothing has no shape")
        let first = terms[0].1
        precondition(terms.allSatisfy { $0.1.shape == first.shape }, "terms differ in shape")
        return first.backend.linearCombination(terms)
    }

    public static func + (a: Tensor, b: Tensor) -> Tensor { linearCombination([(1, a), (1, b)]) }
    public static func - (a: Tensor, b: Tensor) -> Tensor { linearCombination([(1, a), (-1, b)]) }
    public static func * (a: Float, b: Tensor) -> Tensor { linearCombination([(a, b)]) }

    /// `factor * self + constant`, element by element.
    public func scaled(by factor: Float, plus constant: Float) -> Tensor {
        guard constant != 0 else { return factor * self }
        let constants = Tensor(repeating: constant, shape: shape, on: backend)
        return Tensor.linearCombination([(factor, self), (1, constants)])
    }

    /// The sum of `weights * (self - target)²`, of shape `[]`; without weights they are all 1. Beyond `huber` a difference
    /// counts as the square's tangent there (Huber 1964): linearly.
    public func weightedSquaredError(
        _ target: Tensor, weights: Tensor? = nil, huber: Float = .infinity
    ) -> Tensor {
        Self.check(target, shape: shape)
        Self.check(weights, shape: shape)
        return backend.weightedSquaredError(self, target: target, weights: weights, huber: huber)
    }

    /// The cross entropy of the logits `self [..., classes]` against wanted probabilities of the same shape, summed over
    /// all rows, of shape `[]`. A class with a logit of -1e9 takes no part.
    public func crossEntropy(_ targets: Tensor) -> Tensor {
        Self.check(targets, shape: shape)
        return backend.crossEntropy(self, targets: targets)
    }

    /// `[N, H, W, C]` -> `[N, 2H, 2W, C]`, nearest neighbour; `height` and `width` may ask for one less.
    public func upsampledNearest2x(height: Int? = nil, width: Int? = nil) -> Tensor {
        let (height, width) = (height ?? 2 * shape[1], width ?? 2 * shape[2])
        precondition(
            (2 * shape[1] - 1...2 * shape[1]).contains(height)
                && (2 * shape[2] - 1...2 * shape[2]).contains(width),
            "\(shape) cannot be doubled to \(height) x \(width)")
        return backend.upsampledNearest2x(self, height: height, width: width)
    }

    /// Joins two tensors along the innermost dimension.
    public func concatenatingChannels(_ other: Tensor) -> Tensor {
        precondition(
            shape.dimensions.dropLast() == other.shape.dimensions.dropLast(),
            "channels of \(shape) and \(other.shape)")
        return backend.concatenateChannels(self, other)
    }

    /// Joins along the outermost dimension.
    public static func concatenatingRows(_ tensors: [Tensor]) -> Tensor {
        precondition(!tensors.isEmpty, "nothing to join")
        if tensors.count == 1 { return tensors[0] }
        let inner = tensors[0].shape.dimensions.dropFirst()
        precondition(
            tensors.allSatisfy { $0.shape.dimensions.dropFirst() == inner }, "rows of \(tensors.map(\.shape))"
        )
        return tensors[0].backend.concatenateRows(tensors)
    }

    /// `[N, H, W, C]` -> `[N, C, H, W]`.
    public func channelsFirst() -> Tensor {
        let (n, h, w, c) = (shape[0], shape[1], shape[2], shape[3])
        return backend.transposed(reshaped([n, h * w, c])).reshaped([n, c, h, w])
    }

    /// `[N, C, H, W]` -> `[N, H, W, C]`.
    public func channelsLast() -> Tensor {
        let (n, c, h, w) = (shape[0], shape[1], shape[2], shape[3])
        return backend.transposed(reshaped([n, c, h * w])).reshaped([n, h, w, c])
    }

    private static func check(_ parameter: Parameter?, count: Int) {
        guard let parameter else { return }
        precondition(
            parameter.shape.count == count, "\(parameter.name) \(parameter.shape) for \(count) channels")
    }

    private static func check(_ tensor: Tensor?, shape: Shape) {
        guard let tensor else { return }
        precondition(tensor.shape == shape, "\(tensor.shape) instead of \(shape)")
    }
}

extension Parameter {
    /// Rows `indices` of a table `[rows, C]`, as float32 `[indices.count, C]`.
    public func rows(_ indices: [Int]) -> Tensor {
        precondition(indices.allSatisfy { $0 >= 0 && $0 < shape[0] }, "index beyond \(name) \(shape)")
        return value.backend.gatherRows(self, indices)
    }
}
