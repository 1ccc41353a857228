/// A device that holds tensors and computes the operations a model needs.
///
/// Model code never calls a backend: it calls the operations on `Tensor`, which check shapes and
/// dispatch here. A backend is confined to one thread. Activations are float32; each backend chooses
/// how it stores and multiplies weights, and may round what a norm, GEGLU or attention gives out to what the
/// product that reads it would round it to.
public protocol Backend: AnyObject {
    /// Gives memory that is held for reuse back to the system.
    func trim()

    /// Lets the system take back the memory of weights that files have the contents of: they come back when they are used.
    func discardWeights()

    /// How many images of a set pass together; 1 where each stands alone, however many share a pass. Weights take the form
    /// that is fastest for so many, and the last bits of what comes out follow it.
    var imagesPerPass: Int { get set }

    /// A block of at least `byteCount` bytes with unspecified contents, aligned to 64 bytes.
    func allocate(byteCount: Int) -> Storage

    /// `x [..., in]`, `weight [out, in]`, `bias [out]`, `residual [..., out]` -> `x weightᵀ + bias + residual`.
    func linear(_ x: Tensor, weight: Parameter, bias: Parameter?, residual: Tensor?) -> Tensor

    /// GEGLU of `x weightᵀ + bias`, as if it came after `linear`.
    func linearGEGLU(_ x: Tensor, weight: Parameter, bias: Parameter?) -> Tensor

    /// `x [N, H, W, in]`, `weight [out, in, kh, kw]` -> `[N, H', W', out]`; then `+ residual`, then `activation`.
    func convolution(
        _ x: Tensor, weight: Parameter, bias: Parameter?, geometry: ConvolutionGeometry,
        residual: Tensor?, activation: Activation?
    ) -> Tensor

    /// Group normalisation over `x [N, ..., C]` (plus `offset [N, C]`, if any), then `activation`.
    func groupNorm(
        _ x: Tensor, offset: Tensor?, groups: Int, weight: Parameter, bias: Parameter, epsilon: Float,
        activation: Activation?
    ) -> Tensor

    /// Layer normalisation over the innermost dimension.
    func layerNorm(_ x: Tensor, weight: Parameter, bias: Parameter, epsilon: Float) -> Tensor

    /// Softmax attention of `queries [N, T, C]`; image `i` attends to the concatenation of `keysValues[i]`. It is no coarser than
    /// `coarsest`, whatever the precision.
    func attention(
        _ queries: Tensor, keysValues: [[KeysValues]], heads: Int, isCausal: Bool, bearing coarsest: Precision
    ) -> Tensor

    /// Keys and values in the form in which other passes attend to them: no finer than attention takes them, so that they are small.
    func kept(_ keysValues: KeysValues) -> KeysValues

    /// How much each token of `keysValues` counts for `queries [T, C]`: the softmax's weights, summed over the queries and
    /// averaged over the heads, `[tokens]`.
    func attentionWeights(_ queries: Tensor, keysValues: [KeysValues], heads: Int) -> Tensor

    /// `x [..., 2C]` -> `first half * GELU(second half)`, with the erf GELU.
    func geglu(_ x: Tensor) -> Tensor

    func activate(_ x: Tensor, _ activation: Activation) -> Tensor

    /// The sum of `coefficient * tensor` over terms of one shape.
    func linearCombination(_ terms: [(Float, Tensor)]) -> Tensor

    /// The sum of `weights * (x - target)²`, one number of shape `[]`; without weights they are all 1. Beyond `huber` a
    /// difference counts as the square's tangent there.
    func weightedSquaredError(_ x: Tensor, target: Tensor, weights: Tensor?, huber: Float) -> Tensor

    /// The sum over rows of `targets * (log Σ exp logits - logits)`, both `[..., classes]`; one number of shape `[]`.
    func crossEntropy(_ logits: Tensor, targets: Tensor) -> Tensor

    /// `[N, H, W, C]` -> `[N, height, width, C]`, each pixel doubled; extents are 2H or 2H - 1, 2W or 2W - 1.
    func upsampledNearest2x(_ x: Tensor, height: Int, width: Int) -> Tensor

    /// Joins two tensors along the innermost dimension.
    func concatenateChannels(_ a: Tensor, _ b: Tensor) -> Tensor

    /// Joins along the outermost dimension.
    func concatenateRows(_ tensors: [Tensor]) -> Tensor

    /// Rows `indices` of `table [rows, C]`, as float32.
    func gatherRows(_ table: Parameter, _ indices: [Int]) -> Tensor

    /// `[N, R, C]` -> `[N, C, R]`.
    func transposed(_ x: Tensor) -> Tensor
}

extension Backend {
    /// Memory that is held for reuse, and that of weights which are in files.
    public func giveBack() {
        trim()
        discardWeights()
    }

    public func linearGEGLU(_ x: Tensor, weight: Parameter, bias: Parameter?) -> Tensor {
        geglu(linear(x, weight: weight, bias: bias, residual: nil))
    }
}

/// A pointwise non-linearity.
public enum Activation: Sendable, Hashable {
    case relu
    /// `x * sigmoid(x)`
    case silu
    /// `x * Φ(x)`, with erf.
    case gelu
    /// `x * sigmoid(1.702 x)`, as the original CLIP has it.
    case quickGELU
    case tanh
}

/// How a convolution walks over its input.
public struct ConvolutionGeometry: Sendable, Hashable {
    /// Height and width of the square kernel.
    public let kernel: Int
    public let stride: Int
    /// Zero rows and columns added before (top, left) and after (bottom, right) the image.
    public let paddingBefore: Int
    public let paddingAfter: Int

    public init(kernel: Int, stride: Int = 1, paddingBefore: Int, paddingAfter: Int) {
        self.kernel = kernel
        self.stride = stride
        self.paddingBefore = paddingBefore
        self.paddingAfter = paddingAfter
    }

    /// Output extent for an input extent.
    public func outputExtent(_ extent: Int) -> Int {
        (extent + paddingBefore + paddingAfter - kernel) / stride + 1
    }
}

/// One image's keys and values in one attention layer.
public struct KeysValues {
    /// `[tokens, C]`
    public let keys: Tensor
    /// `[tokens, C]`
    public let values: Tensor

    public init(keys: Tensor, values: Tensor) {
        precondition(keys.shape == values.shape, "keys \(keys.shape), values \(values.shape)")
        self.keys = keys
        self.values = values
    }
}
