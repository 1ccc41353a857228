import Tensors

/// The network evaluations of one denoising step, and their combination.
public struct GuidancePlan {
    private enum Combination {
        case weights([Float])
        case normalized(imageScale: Float, textScale: Float)
    }

    /// What to evaluate, in this order; `full` is always the last.
    public let branches: [Guidance.Branch]
    private let combination: Combination

    init(weights: [(branch: Guidance.Branch, weight: Float)]) {
        let used = weights.filter { $0.weight != 0 || $0.branch == .full }
        branches = used.map(\.branch)
        combination = .weights(used.map(\.weight))
    }

    /// Three branches with differences of equal norm.
    init(imageScale: Float, textScale: Float) {
        branches = [.unconditional, .references, .full]
        combination = .normalized(imageScale: imageScale, textScale: textScale)
    }

    /// The guided output from those of `branches` `[N, ...]`, in their order.
    public func combine(_ outputs: [Tensor]) -> Tensor {
        precondition(outputs.count == branches.count, "\(outputs.count) outputs for \(branches)")
        switch combination {
        case .weights(let weights):
            if weights == [1] { return outputs[0] }
            return .linearCombination(Array(zip(weights, outputs)))
        case .normalized(let imageScale, let textScale):
            let (none, references, full) = (outputs[0], outputs[1], outputs[2])
            let (towardsImage, towardsText) = (references - none, full - references)
            let rows = (0..<none.shape[0]).map { row in
                let range = row..<(row + 1)
                let (image, text) = (towardsImage[rows: range], towardsText[rows: range])
                let (imageNorm, textNorm) = (image.norm, text.norm)
                let norm = min(imageNorm, textNorm)
                return Tensor.linearCombination([
                    (1, none[rows: range]),
                    (imageNorm > 0 ? imageScale * norm / imageNorm : 0, image),
                    (textNorm > 0 ? textScale * norm / textNorm : 0, text),
                ])
            }
            return .concatenatingRows(rows)
        }
    }
}

extension Tensor {
    /// Euclidean norm over all elements, accumulated in double.
    fileprivate var norm: Float {
        Float(floats.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
    }
}
