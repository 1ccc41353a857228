import Foundation
import Tensors

/// UniPC: a multistep predictor, and a corrector that reuses the same network evaluation (Zhao et al.,
/// arXiv 2302.04867, data prediction).
struct UniPCSampler: MultistepSampler {
    /// The (corrected) latent of the previous step, then the clean latents predicted so far, oldest first.
    var history: [Tensor] = []
    let schedule: SamplingSchedule
    let predictionType: PredictionType
    private let order: Int
    private let lowersOrderAtEnd: Bool
    private let stepsWithoutCorrector: Set<Int>
    /// Whether `B(h) = h` instead of `e^h - 1`.
    private let usesPlainStep: Bool

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SamplerError) {
        schedule = try .multistep(configuration, steps: steps, solver: .uniPC)
        predictionType = configuration.predictionType
        order = configuration.solverOrder
        lowersOrderAtEnd = configuration.lowersOrderAtEnd
        stepsWithoutCorrector = configuration.stepsWithoutCorrector
        usesPlainStep = configuration.solverType == "bh1"
        // A step to no noise at all is infinitely long in log SNR: only order 1 has a limit there.
        if !lowersOrderAtEnd, order > 1, steps > 1, configuration.finalNoiseLevel == .zero {
            throw .unsupported(
                sampler: SamplerKind.unipc.rawValue, key: "lower_order_final", value: "false",
                allowed: ["true"])
        }
    }

    mutating func step(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor {
        // 1. the clean latent as predicted here
        let clean = cleanLatent(modelOutput, at: step, x)
        // 2. the latent corrected with it
        var predictions = Array(history.dropFirst())
        var corrected = x
        if let last = history.first, !predictions.isEmpty, !stepsWithoutCorrector.contains(step - 1) {
            corrected = update(
                last, from: step - 1, predictions: predictions,
                order: order(at: step - 1, known: predictions.count),
                reached: clean)
        }
        // 3. the next latent
        predictions = predictions.suffix(order - 1) + [clean]
        history = [corrected] + predictions
        return update(
            corrected, from: step, predictions: predictions, order: order(at: step, known: predictions.count),
            reached: nil)
    }

    /// The order of a step, `known` predictions being there.
    private func order(at step: Int, known: Int) -> Int {
        min(lowersOrderAtEnd ? min(order, schedule.timesteps.count - step) : order, known)
    }

    /// The latent of step `step + 1` from `x` of `step`: predicted, or corrected where the clean latent predicted
    /// at `step + 1` is known (`reached`).
    private func update(
        _ x: Tensor, from step: Int, predictions: [Tensor], order: Int, reached: Tensor?
    ) -> Tensor {
        let newest = predictions[predictions.count - 1]
        let growth = schedule.logSNR(step + 1) - schedule.logSNR(step)
        let alpha = schedule.alpha(step + 1)
        // 1. first order: x' = (σ'/σ) x - α' (e^-h - 1) x₀
        var newestWeight = -alpha * expm1(-growth)
        var terms = [(Float(schedule.sigma(step + 1) / schedule.sigma(step)), x)]

        // 2. differences to older predictions, and to the one reached, weighted so that polynomials in λ are exact
        let ratios = (1..<order).map { (schedule.logSNR(step - $0) - schedule.logSNR(step)) / growth }
        var differences = zip(ratios, predictions.dropLast().reversed()).map { ($0, $1) }
        if let reached { differences.append((1, reached)) }
        if !differences.isEmpty {
            let step = usesPlainStep ? -growth : expm1(-growth)
            for ((ratio, other), weight) in zip(differences, weights(differences.map(\.0), growth: growth)) {
                let coefficient = -alpha * step * weight / ratio
                terms.append((Float(coefficient), other))
                newestWeight -= coefficient
            }
        }
        return .linearCombination(terms + [(Float(newestWeight), newest)])
    }

    /// Solves `Σ w rᵢ^k = b_k`, `k = 0..<count`, with the moments b of the exponential integrator. A single
    /// unknown is 1/2, as the authors have it.
    private func weights(_ ratios: [Double], growth: Double) -> [Double] {
        guard ratios.count > 1 else { return [0.5] }
        let hh = -growth
        let step = usesPlainStep ? hh : expm1(hh)
        var phi = expm1(hh) / hh - 1
        var factorial = 1.0
        var rows: [[Double]] = []
        for power in ratios.indices {
            rows.append(ratios.map { pow($0, Double(power)) } + [phi * factorial / step])
            factorial *= Double(power + 2)
            phi = phi / hh - 1 / factorial
        }
        return Self.solved(rows)
    }

    /// Gaussian elimination with pivoting of a small system; each row ends with its right side.
    private static func solved(_ system: [[Double]]) -> [Double] {
        var rows = system
        let count = rows.count
        for column in 0..<count {
            let pivot = (column..<count).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
            rows.swapAt(column, pivot)
            for other in 0..<count where other != column {
                let factor = rows[other][column] / rows[column][column]
                for k in column...count { rows[other][k] -= factor * rows[column][k] }
            }
        }
        return (0..<count).map { rows[$0][count] / rows[$0][$0] }
    }
}
