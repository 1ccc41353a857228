import Tensors

/// What one reference leaves behind when it passes through the U-Net alone: the keys and values of every
/// self-attention layer, in order of execution.
public struct ReferenceKeysValues {
    public let layers: [KeysValues]

    public init(layers: [KeysValues]) { self.layers = layers }

    /// What all of it takes in memory.
    public var byteCount: Int {
        layers.reduce(0) { $0 + 2 * $1.keys.count * $1.keys.elementType.size }
    }
}

/// Collects the keys and values of a forward pass over references.
public final class ReferenceRecorder {
    /// Per layer, `[N, T, C]` each.
    private var layers: [(keys: Tensor, values: Tensor)] = []

    public init() {}

    func record(keys: Tensor, values: Tensor, layer: Int) {
        precondition(layer == layers.count, "layer \(layer) recorded after \(layers.count) layers")
        layers.append((keys, values))
    }

    /// One entry for every image of the pass.
    public func references() -> [ReferenceKeysValues] {
        (0..<(layers.first?.keys.shape[0] ?? 0)).map { image in
            ReferenceKeysValues(
                layers: layers.map { layer in
                    let shape: Shape = [layer.keys.shape[1], layer.keys.shape[2]]
                    return layer.keys.backend.kept(
                        KeysValues(
                            keys: layer.keys[rows: image..<image + 1].reshaped(shape),
                            values: layer.values[rows: image..<image + 1].reshaped(shape)))
                })
        }
    }
}
