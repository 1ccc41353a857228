import Foundation

/// How much of the clean latent and of the noise each training timestep holds.
///
/// Kept in float32 with the roundings of the PyTorch code that checkpoints are trained with: `1 - ᾱ` near
/// the clean end has few digits, and the lowest noise level depends on which ones.
public struct NoiseSchedule: Sendable {
    /// ᾱ, the product of `1 - β` up to each timestep: `x_t = √ᾱ x₀ + √(1 - ᾱ) ε`.
    public let cumulativeAlphas: [Float]
    /// Whether ᾱ ends at zero.
    public let hasZeroTerminalSNR: Bool

    public init(_ configuration: SchedulerConfiguration) {
        var betas = configuration.betaSchedule.betas(
            from: configuration.betaStart, to: configuration.betaEnd, count: configuration.trainingSteps)
        hasZeroTerminalSNR = configuration.rescalesToZeroTerminalSNR
        if hasZeroTerminalSNR { betas = Self.rescaledToZeroTerminalSNR(betas) }
        cumulativeAlphas = Self.cumulativeProduct(betas.map { 1 - $0 })
    }

    /// Number of training timesteps.
    public var count: Int { cumulativeAlphas.count }

    /// √ᾱ and √(1 - ᾱ) of a training timestep.
    public func scales(at timestep: Int) -> (alpha: Double, sigma: Double) {
        let cumulative = cumulativeAlphas[timestep]
        return (Double(cumulative).squareRoot(), Double(1 - cumulative).squareRoot())
    }

    /// Noise levels `√((1 - ᾱ) / ᾱ)` of all timesteps, for samplers that work with them. A last one that would be
    /// infinite is that of ᾱ = 2⁻²⁴.
    var noiseLevels: [Float] {
        var alphas = cumulativeAlphas
        if hasZeroTerminalSNR { alphas[alphas.count - 1] = 0x1p-24 }
        return alphas.map { ((1 - $0) / $0).squareRoot() }
    }

    /// Shifts and scales √ᾱ so that its first value stays and its last becomes 0 (arXiv 2305.08891, algorithm 1).
    private static func rescaledToZeroTerminalSNR(_ betas: [Float]) -> [Float] {
        let roots = cumulativeProduct(betas.map { 1 - $0 }).map { $0.squareRoot() }
        guard let first = roots.first, let last = roots.last else { return betas }
        let scale = first / (first - last)
        let cumulative = roots.map { root in
            let shifted = (root - last) * scale
            return shifted * shifted
        }
        return cumulative.indices.map { index in
            1 - (index == 0 ? cumulative[0] : cumulative[index] / cumulative[index - 1])
        }
    }

    /// Accumulated in double, each value rounded to float32.
    private static func cumulativeProduct(_ values: [Float]) -> [Float] {
        var product = 1.0
        return values.map { value in
            product *= Double(value)
            return Float(product)
        }
    }
}
