import Foundation
import Tensors

/// Multistep sampling of a latent consistency model (Luo et al., arXiv 2310.04378, algorithm 3): each step goes to the
/// clean latent, and all but the last add fresh noise.
struct LCMSampler: Sampler {
    let timesteps: [Double]
    let noiseLevels: [Double]
    let initialNoiseScale = 1.0
    var history: [Tensor] = []

    private let scales: [(alpha: Double, sigma: Double)]
    private let predictionType: PredictionType
    private let clipRange: Double?
    private let timestepScaling: Double

    /// The deviation of the data that the boundary condition is made for.
    private static let dataDeviation = 0.5

    init(_ configuration: SchedulerConfiguration, steps: Int) throws(SamplerError) {
        let schedule = NoiseSchedule(configuration)
        // The timesteps that the model was distilled at; as many of them as there are steps, evenly.
        let known = min(configuration.distilledSteps, schedule.count)
        guard steps <= known else { throw .stepsOutOfRange(steps: steps, allowed: 1...known) }
        let stride = schedule.count / known
        timesteps = (0..<steps).map { step in
            let index = Int((Double(step) * (Double(known) / Double(steps))).rounded(.down))
            return Double((known - index) * stride - 1)
        }
        scales = timesteps.map { schedule.scales(at: Int($0)) }
        noiseLevels = scales.map { $0.sigma / $0.alpha }
        predictionType = configuration.predictionType
        clipRange = configuration.clipRange
        timestepScaling = configuration.timestepScaling
        if predictionType == .epsilon, let step = scales.firstIndex(where: { $0.alpha == 0 }) {
            throw .noSignal(sampler: SamplerKind.lcm.rawValue, timestep: Int(timesteps[step]))
        }
    }

    func scaledInput(_ x: Tensor, at step: Int) -> Tensor { x }

    func noised(_ clean: Tensor, _ noise: Tensor, at step: Int) -> Tensor {
        .linearCombination([(Float(scales[step].alpha), clean), (Float(scales[step].sigma), noise)])
    }

    func cleanLatent(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor {
        // 1. What the network predicts.
        let weights = predictionType.cleanLatent(alpha: scales[step].alpha, sigma: scales[step].sigma)
        var clean = Tensor.linearCombination([
            (Float(weights.latent), x), (Float(weights.output), modelOutput),
        ])
        if let clipRange { clean = clean.clamped(to: Float(clipRange)) }
        // 2. The boundary condition: at timestep 0 nothing is left to do.
        let time = timesteps[step] * timestepScaling
        let variance = Self.dataDeviation * Self.dataDeviation
        let skip = variance / (time * time + variance)
        let out = time / (time * time + variance).squareRoot()
        return .linearCombination([(Float(out), clean), (Float(skip), x)])
    }

    mutating func step(_ modelOutput: Tensor, at step: Int, _ x: Tensor) -> Tensor {
        let clean = cleanLatent(modelOutput, at: step, x)
        return step == count - 1 ? clean : Float(scales[step + 1].alpha) * clean
    }

    func addedNoise(at step: Int) -> Double { step == count - 1 ? 0 : scales[step + 1].sigma }
}
