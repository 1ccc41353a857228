import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing
import Training

/// Loss, every parameter's gradient and ten steps of AdamW agree with PyTorch (goldens: make_training_goldens.py).
@Suite struct TrainingGoldenTests {
    static let names = [
        "joint-v", "cached-v", "joint-epsilon", "cached-deep", "joint-odd", "cached-plain", "kl", "tiny",
    ]
    static let configurations = [
        CPUConfiguration(threads: 2),
        CPUConfiguration(threads: 1, instructionSet: .generic, usesOneDNN: false),
    ]

    private func withTrainee(
        _ name: String, _ configuration: CPUConfiguration,
        _ body: (TrainingGolden, GoldenTrainee) throws -> Void
    ) throws {
        let golden = try #require(try TrainingGolden.all()[name])
        let checkpoint = try GoldenCheckpoint(golden.checkpoint, in: TrainingGolden.pipeline)
        try CheckpointWriter.withFolder(of: checkpoint, goldens: TrainingGolden.pipeline) { folder in
            try body(golden, GoldenTrainee(name, golden, folder: folder, configuration))
        }
    }

    /// The names of parameters in the goldens, which follow the file, may have a prefix.
    private func expected(_ name: String, _ digests: [String: [Double]]) throws -> (key: String, [Double]) {
        let prefixed = name.replacing("text_encoder/", with: "text_encoder/text_model.")
        if let digest = digests[name] { return (name, digest) }
        return (prefixed, try #require(digests[prefixed], "\(name) is not in the goldens"))
    }

    @Test(arguments: names, configurations)
    func gradients(_ name: String, _ configuration: CPUConfiguration) throws {
        try withTrainee(name, configuration) { golden, trainee in
            let loss = trainee.loss()
            #expect(abs(Double(loss.floats[0]) - golden.loss) < 1e-4 * golden.loss)
            trainee.tape.backward(loss)
            #expect(trainee.parameters.count == golden.gradients.count)
            let total = golden.gradients.values.reduce(0) { $0 + $1[0] * $1[0] }.squareRoot()
            for (name, tensor) in trainee.parameters {
                let (key, expected) = try expected(name, golden.gradients)
                let actual = TrainingGolden.digest(
                    key, tensor.gradient?.elements ?? Array(repeating: 0, count: tensor.count))
                // Zero, as that of a bias that softmax or a norm takes out again, is met but for rounding.
                let tolerance = expected[0] < 1e-10 * total ? 3e-7 * total : 1e-4 * expected[0]
                for (a, e) in zip(actual, expected) {
                    #expect(abs(a - e) < tolerance, "\(name): \(actual) instead of \(expected)")
                }
            }
        }
    }

    static let reduced = CPUConfiguration(threads: 2, precision: .bfloat16)

    /// In bfloat16 the factors of both passes are rounded; loss and gradients stay near.
    @Test(arguments: ["joint-v", "cached-v"])
    func bfloat16(_ name: String) throws {
        try withTrainee(name, Self.reduced) { golden, trainee in
            let loss = trainee.loss()
            let difference = abs(Double(loss.floats[0]) / golden.loss - 1)
            #expect(difference > 1e-7 && difference < 3e-2)
            trainee.tape.backward(loss)
            let total = golden.gradients.values.reduce(0) { $0 + $1[0] * $1[0] }.squareRoot()
            let norm = Optimizer(trainee.parameters, settings: Optimizer.Settings(), on: trainee.tape)
                .gradientNorm()
            #expect(abs(norm / total - 1) < 5e-2)
        }
    }

    @Test(arguments: names, configurations)
    func tenSteps(_ name: String, _ configuration: CPUConfiguration) throws {
        try withTrainee(name, configuration) { golden, trainee in
            let start = trainee.parameters.map { $0.tensor.elements }
            var settings = Optimizer.Settings()
            settings.maximumNorm = 1
            let optimizer = Optimizer(trainee.parameters, settings: settings, on: trainee.tape)
            for expected in golden.losses {
                let loss = trainee.loss()
                #expect(abs(Double(loss.floats[0]) - expected) < 1e-3 * expected)
                trainee.tape.backward(loss)
                optimizer.step(rate: 1e-3, norm: optimizer.gradientNorm())
            }
            let total = golden.gradients.values.reduce(0) { $0 + $1[0] * $1[0] }.squareRoot()
            for ((name, tensor), start) in zip(trainee.parameters, start) {
                // AdamW makes steps of rounding errors where there is no gradient.
                guard try self.expected(name, golden.gradients).1[0] > 1e-10 * total else { continue }
                let (key, expected) = try expected(name, golden.changes)
                let actual = TrainingGolden.digest(key, zip(tensor.elements, start).map { $0 - $1 })
                for (a, e) in zip(actual, expected) {
                    #expect(abs(a - e) < 1e-3 * expected[0], "\(name): \(actual) instead of \(expected)")
                }
            }
        }
    }
}
