import Foundation
import Tensors

/// Sinusoids of the timestep, then two dense layers with SiLU between them.
struct TimestepEmbedding {
    let linear1: Linear  // linear_1
    let linear2: Linear  // linear_2
    private let width: Int
    private let cosineFirst: Bool
    private let frequencyShift: Double

    init(_ scope: ParameterScope, configuration: UNetConfiguration) throws(CheckpointError) {
        width = configuration.blockChannels[0]
        cosineFirst = configuration.cosineFirst
        frequencyShift = configuration.frequencyShift
        let time = configuration.timeEmbeddingWidth
        linear1 = try Linear(scope["linear_1"], in: width, out: time)
        linear2 = try Linear(scope["linear_2"], in: time, out: time)
    }

    /// `[timesteps.count, timeEmbeddingWidth]`.
    func callAsFunction(_ timesteps: [Double], on backend: any Backend) -> Tensor {
        let rows = timesteps.flatMap(sinusoids)
        return linear2(
            linear1(Tensor(rows, shape: [timesteps.count, width], on: backend)).activated(.silu))
    }

    /// Angles in float32, as the models were trained.
    private func sinusoids(_ timestep: Double) -> [Float] {
        let half = width / 2
        let angles = (0..<half).map { index in
            let exponent = Float(-log(10000.0)) * Float(index) / Float(Double(half) - frequencyShift)
            return Float(timestep) * exp(exponent)
        }
        let (sines, cosines) = (angles.map { sin($0) }, angles.map { cos($0) })
        return cosineFirst ? cosines + sines : sines + cosines
    }
}
