import JointDiffusion
import Tensors

/// Where a model that is trained from scratch takes its parameters from: random, so that signals neither fade nor grow.
///
/// Weights of products and convolutions are uniform with deviation `1 / √inputs`, embeddings normal with deviation
/// 0.02, norms 1, biases 0. What ends a residual branch begins at 0, as does the U-Net's last convolution: at first a
/// deep model is a shallow one. A parameter depends on the seed and its name only.
public final class ParameterInitialiser: ParameterSource {
    private let seed: UInt64
    private let backend: any Backend
    private var taken: Set<String> = []

    public init(seed: UInt64, on backend: any Backend) {
        self.seed = seed
        self.backend = backend
    }

    public func parameter(_ key: String, shape: Shape) throws(CheckpointError) -> Parameter {
        guard taken.insert(key).inserted else { throw .missingTensor(file: "the initialiser", tensor: key) }
        return Parameter(name: key, value: value(key, shape))
    }

    private func value(_ key: String, _ shape: Shape) -> Tensor {
        let isWeight = key.hasSuffix("weight")
        let layer = key.dropLast(isWeight ? "weight".count : "bias".count)
        var source = RandomSource(seed: Self.hash(key, seed))
        if key.contains("embedding.") && shape.rank == 2 && !key.contains("time_embedding") {
            return Tensor(source.normals(shape.count).map { 0.02 * $0 }, shape: shape, on: backend)
        }
        if shape.rank == 1 { return Tensor(repeating: isWeight ? 1 : 0, shape: shape, on: backend) }
        if Self.endsBranch(layer) { return Tensor(repeating: 0, shape: shape, on: backend) }
        let inputs = shape.dimensions.dropFirst().reduce(1, *)
        let bound = (3 / Double(inputs)).squareRoot()
        let elements = (0..<shape.count).map { _ in Float((2 * source.uniform() - 1) * bound) }
        return Tensor(elements, shape: shape, on: backend)
    }

    /// Whether what a layer gives is added to what went into its branch: by the names of the diffusers and CLIP layouts.
    private static func endsBranch(_ layer: Substring) -> Bool {
        let ends = [
            ".conv2.", ".proj_out.", ".to_out.0.", ".ff.net.2.",  // U-Net, AutoencoderKL
            ".conv.4.",  // AutoencoderTiny
            ".out_proj.", ".fc2.",  // CLIP
        ]
        return layer == "conv_out." || ends.contains(where: layer.hasSuffix)
    }

    /// FNV-1a, 64 bits.
    private static func hash(_ key: String, _ seed: UInt64) -> UInt64 {
        key.utf8.reduce(0xCBF2_9CE4_8422_2325 ^ seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
