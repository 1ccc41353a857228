import Tensors

/// Sees, while a step is made, how much each token of the references counts: the weights that self-attention gives it.
///
/// Confined to one thread, like the model.
public final class ReferenceTokenCounter {
    /// `[layer][reference][token]`, summed over the images and passes of the step.
    private(set) var weights: [[[Float]]] = []
    /// So many tokens of an image are asked, spread over it: which references' tokens count shows with few.
    static let askedTokens = 64

    public init() {}

    /// Adds a layer of a pass.
    /// - Parameters:
    ///   - queries: `[N, T, C]`.
    ///   - keysValues: what each image attends to: its own tokens, then its set's references.
    public func observe(
        _ queries: Tensor, keysValues: [[KeysValues]], sets: [Coupling.ImageSet], layer: Int, heads: Int
    ) {
        var image = 0
        for set in sets {
            for _ in 0..<set.images {
                defer { image += 1 }
                guard !set.references.isEmpty else { continue }
                let asked = queries[rows: image..<image + 1]
                    .reshaped([queries.shape[1], queries.shape[2]])
                    .gatheringRows(Self.places(of: queries.shape[1]))
                let all = asked.attentionWeights(over: keysValues[image], heads: heads).elements
                add(
                    Array(all.dropFirst(keysValues[image][0].keys.shape[0])), of: set.references, layer: layer
                )
            }
        }
    }

    private func add(_ tokens: [Float], of references: [ReferenceKeysValues], layer: Int) {
        let counts = references.map { $0.layers[layer].keys.shape[0] }
        while weights.count <= layer { weights.append([]) }
        if weights[layer].isEmpty { weights[layer] = counts.map { Array(repeating: 0, count: $0) } }
        precondition(weights[layer].map(\.count) == counts, "other references than in the passes before")
        var first = 0
        for (reference, count) in counts.enumerated() {
            for token in 0..<count { weights[layer][reference][token] += tokens[first + token] }
            first += count
        }
    }

    /// Tokens that lie evenly and in no line: a golden section of the way from each to the next.
    public static func places(of tokens: Int) -> [Int] {
        guard tokens > askedTokens else { return Array(0..<tokens) }
        return (0..<askedTokens).map { index in
            let turn = Double(index) * 0.618_033_988_749_895
            return min(tokens - 1, Int((turn - turn.rounded(.down)) * Double(tokens)))
        }
    }
}

/// The tokens of references that counted most. Attending to these alone costs less, and changes little.
public struct ReferenceTokenSelection: Equatable {
    /// `[layer][reference]`, places in rising order.
    public let places: [[[Int]]]

    /// - Parameter share: of the tokens of all references together, in each layer, rounded up.
    public init(_ counter: ReferenceTokenCounter, share: Double) {
        places = counter.weights.map { references in
            let tokens = references.enumerated().flatMap { reference, weights in
                weights.enumerated().map { (weight: $1, reference: reference, token: $0) }
            }
            let count = min(tokens.count, Int((share * Double(tokens.count)).rounded(.up)))
            var places = references.map { _ in [Int]() }
            let most = tokens.sorted {
                ($1.weight, $0.reference, $0.token) < ($0.weight, $1.reference, $1.token)
            }
            for token in most.prefix(count) { places[token.reference].append(token.token) }
            return places.map { $0.sorted() }
        }
    }

    /// What is left of the references.
    public func callAsFunction(_ entries: [ReferenceKeysValues]) -> [ReferenceKeysValues] {
        entries.indices.map { reference in
            ReferenceKeysValues(
                layers: zip(entries[reference].layers, places).map { layer, places in
                    KeysValues(
                        keys: layer.keys.gatheringRows(places[reference]),
                        values: layer.values.gatheringRows(places[reference]))
                })
        }
    }
}

extension Tensor {
    /// Some rows `[rows, C]` as a tensor of their own.
    fileprivate func gatheringRows(_ rows: [Int]) -> Tensor {
        let out = Tensor(uninitialized: [rows.count, shape[1]], elementType: elementType, on: backend)
        let size = shape[1] * elementType.size
        for (place, row) in rows.enumerated() {
            (out.rawPointer + place * size).copyMemory(from: rawPointer + row * size, byteCount: size)
        }
        return out
    }
}
