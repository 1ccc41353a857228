import Tensors

/// LoRA's parameters for a component: two small matrices for each product of its attention layers.
struct LowRankAdapters {
    /// As `<layer>.lora_down.weight` and `<layer>.lora_up.weight`.
    private(set) var parameters: [(name: String, tensor: Tensor)] = []

    /// Layers that are adapted, by the ends of their names: U-Net, then text encoder.
    private static let layers = [
        ".to_q", ".to_k", ".to_v", ".to_out.0", ".q_proj", ".k_proj", ".v_proj", ".out_proj",
    ]

    /// Adds adapters to the products with these weights on the tape.
    init(
        of weights: [(name: String, tensor: Tensor)], rank: Int, scale: Double, seed: UInt64,
        on tape: GradientTape
    ) {
        let factor = Float(scale / Double(rank))
        for (name, tensor) in weights {
            guard let layer = Self.layer(name), tensor.shape.rank == 2 else { continue }
            var random = RandomSource(seed: Self.hash(name, seed))
            let (outputs, inputs) = (tensor.shape[0], tensor.shape[1])
            let bound = 1 / Double(inputs).squareRoot()
            let down = Tensor(
                (0..<rank * inputs).map { _ in Float((2 * random.uniform() - 1) * bound) },
                shape: [rank, inputs], on: tape.base)
            let pair = [
                ("\(layer).lora_down.weight", tape.watched(down)),
                ("\(layer).lora_up.weight", tape.watched(Tensor(zeros: [outputs, rank], on: tape.base))),
            ]
            tape.adapt(
                tensor,
                with: LowRankAdapter(
                    down: Parameter(name: pair[0].0, value: pair[0].1.seen(by: tape.base)),
                    up: Parameter(name: pair[1].0, value: pair[1].1.seen(by: tape.base)), factor: factor))
            parameters += pair
        }
    }

    /// Weights with what their adapters add. Those without one are given back as they are.
    /// - Parameter adapters: by the names of `parameters`.
    static func merged(
        _ weights: [(name: String, tensor: Tensor)], adapters: [String: Tensor], rank: Int, scale: Double,
        on backend: CPUBackend
    ) -> [(name: String, tensor: Tensor)] {
        weights.map { name, tensor in
            guard let layer = layer(name), let down = adapters["\(layer).lora_down.weight"],
                let up = adapters["\(layer).lora_up.weight"]
            else { return (name, tensor) }
            let transposed = backend.transposed(down.reshaped([1, rank, tensor.shape[1]]))
            let product = backend.linear(
                up, weight: Parameter(name: name, value: transposed.reshaped([tensor.shape[1], rank])),
                bias: nil, residual: nil)
            return (name, backend.linearCombination([(1, tensor), (Float(scale / Double(rank)), product)]))
        }
    }

    /// A weight's layer, if it is one that is adapted.
    private static func layer(_ name: String) -> String? {
        guard name.hasSuffix(".weight") else { return nil }
        let layer = String(name.dropLast(".weight".count))
        return layers.contains { layer.hasSuffix($0) } ? layer : nil
    }

    private static func hash(_ key: String, _ seed: UInt64) -> UInt64 {
        key.utf8.reduce(0x8422_2325_CBF2_9CE4 ^ seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
