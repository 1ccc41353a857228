import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Training

/// One case of `Goldens/training.json`; make_training_goldens.py defines it.
struct TrainingGolden: Decodable, Sendable {
    struct Set: Decodable, Sendable {
        let known: Int
        let timesteps: [Int]
        let captions: [[Int]]
    }

    let checkpoint: String
    let mode: String?
    let weighting: String?
    let knownWeight: Float?
    let sets: [Set]?
    let images: Int?
    /// Height and width, of latents or of pixels.
    let size: [Int]
    let loss: Double
    /// Parameter -> norm and two projections.
    let gradients: [String: [Double]]
    let losses: [Double]
    let changes: [String: [Double]]

    enum CodingKeys: String, CodingKey {
        case checkpoint, mode, weighting, sets, images, size, loss, gradients, losses, changes
        case knownWeight = "known_weight"
    }

    static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    /// Those of the pipeline, whose checkpoints are used here too.
    static let pipeline = tests.deletingLastPathComponent().appendingPathComponent(
        "JointDiffusionTests/Goldens")

    static func all() throws -> [String: TrainingGolden] {
        let file = tests.appendingPathComponent("Goldens/training.json")
        return try JSONDecoder().decode([String: TrainingGolden].self, from: Data(contentsOf: file))
    }

    /// A hashed array in [-√3, √3), or in [-1, 1).
    static func hashed(_ key: String, shape: [Int], factor: Double = 3.0.squareRoot()) -> [Float] {
        let seed = HashedWeights.seed(component: "training", key: key)
        return (0..<shape.reduce(1, *)).map {
            Float(Double(HashedWeights.uniform(seed: seed, index: $0)) * factor)
        }
    }

    /// `[N, C, H, W]` -> `[N, H, W, C]`
    static func channelsLast(_ values: [Float], shape: [Int]) -> [Float] {
        let (n, c, pixels) = (shape[0], shape[1], shape[2] * shape[3])
        var out = [Float](repeating: 0, count: values.count)
        for image in 0..<n {
            for channel in 0..<c {
                for pixel in 0..<pixels {
                    out[(image * pixels + pixel) * c + channel] =
                        values[(image * c + channel) * pixels + pixel]
                }
            }
        }
        return out
    }

    /// Norm and projections of an array that belongs to a parameter.
    static func digest(_ parameter: String, _ values: [Float]) -> [Double] {
        let norm = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return [norm]
            + (0..<2).map { number in
                let seed = HashedWeights.seed(component: "projection \(number)", key: parameter)
                return values.indices.reduce(0) {
                    $0 + Double(values[$1]) * Double(HashedWeights.uniform(seed: seed, index: $1))
                }
            }
    }
}
