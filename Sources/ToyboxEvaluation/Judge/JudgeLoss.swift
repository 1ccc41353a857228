import Tensors

/// What the judge is to get right: pictures of one toy are alike, those of other toys of its kind are not (a supervised
/// contrastive loss, arXiv 2004.11362), and the scene is what it is.
struct JudgeLoss {
    let temperature: Float
    /// Weight of the scenes' cross entropy.
    let sceneWeight: Float

    /// - Parameters:
    ///   - embeddings: `[N, width]`, of unit length: groups of toys of one kind one below another.
    ///   - groups: for each group, the number of pictures of each of its toys, which stand together.
    ///   - logits: `[N, scenes]`.
    ///   - scenes: of each picture.
    /// - Returns: both losses' means over the pictures, of shape `[]`; the first is weighed into the sum with 1.
    func callAsFunction(
        embeddings: Tensor, groups: [[Int]], logits: Tensor, scenes: [Int]
    ) -> (sum: Tensor, identity: Float, scene: Float) {
        let count = embeddings.shape[0]
        var terms: [(Float, Tensor)] = []
        var row = 0
        for group in groups {
            let size = group.reduce(0, +)
            terms.append((1 / Float(count), contrast(embeddings[rows: row..<row + size], toys: group)))
            row += size
        }
        precondition(row == count && scenes.count == count, "\(row) of \(count) pictures")
        let classes = logits.shape[1]
        var wanted = [Float](repeating: 0, count: count * classes)
        for (picture, scene) in scenes.enumerated() { wanted[picture * classes + scene] = 1 }
        let scene = logits.crossEntropy(Tensor(wanted, shape: logits.shape, on: logits.backend))
        let identity = terms.reduce(0) { $0 + $1.0 * $1.1.floats[0] }
        terms.append((sceneWeight / Float(count), scene))
        return (.linearCombination(terms), identity, scene.floats[0] / Float(count))
    }

    /// The sum over pictures of how surprising their siblings are among all others.
    private func contrast(_ embeddings: Tensor, toys: [Int]) -> Tensor {
        let count = embeddings.shape[0]
        let products = embeddings.linear(Parameter(name: "embeddings", value: embeddings))
        let toyOf = toys.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
        var wanted = [Float](repeating: 0, count: count * count)
        var selves = [Float](repeating: 0, count: count * count)
        for row in 0..<count {
            // A picture is not compared with itself.
            selves[row * count + row] = -1e9
            let siblings = toys[toyOf[row]] - 1
            for column in 0..<count where column != row && toyOf[column] == toyOf[row] {
                wanted[row * count + column] = 1 / Float(siblings)
            }
        }
        let shape = products.shape
        return Tensor.linearCombination([
            (1 / temperature, products), (1, Tensor(selves, shape: shape, on: products.backend)),
        ]).crossEntropy(Tensor(wanted, shape: shape, on: products.backend))
    }
}
