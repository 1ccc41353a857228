import Foundation

/// The variance added by each training step.
public enum BetaSchedule: String, Sendable, CaseIterable {
    case linear
    /// Linear in the square root: what latent diffusion trains with.
    case scaledLinear = "scaled_linear"
    /// Squared cosine (Nichol and Dhariwal, arXiv 2102.09672), capped at 0.999.
    case squaredCosine = "squaredcos_cap_v2"

    /// `count` betas in float32, first timestep first.
    func betas(from start: Double, to end: Double, count: Int) -> [Float] {
        switch self {
        case .linear:
            return Self.linspace(start, end, count: count)
        case .scaledLinear:
            return Self.linspace(start.squareRoot(), end.squareRoot(), count: count).map { $0 * $0 }
        case .squaredCosine:
            func cumulative(_ t: Double) -> Double {
                let cosine = cos((t + 0.008) / 1.008 * .pi / 2)
                return cosine * cosine
            }
            return (0..<count).map { index in
                let ratio =
                    cumulative(Double(index + 1) / Double(count)) / cumulative(Double(index) / Double(count))
                return Float(min(1 - ratio, 0.999))
            }
        }
    }

    /// PyTorch's float32 `linspace`: from both ends to the middle, product and sum rounded once.
    private static func linspace(_ start: Double, _ end: Double, count: Int) -> [Float] {
        let (start, end) = (Float(start), Float(end))
        guard count > 1 else { return [start] }
        let stride = (end - start) / Float(count - 1)
        return (0..<count).map { index in
            index < count / 2
                ? start.addingProduct(stride, Float(index))
                : end.addingProduct(-stride, Float(count - index - 1))
        }
    }
}
