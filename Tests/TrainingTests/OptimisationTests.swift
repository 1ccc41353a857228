import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct OptimisationTests {
    @Test func rates() {
        let cosine = LearningRateSchedule(peak: 2, warmUpSteps: 4, shape: .cosine, finalFraction: 0.25)
        let warming: [Double] = (0..<4).map { cosine.rate(at: $0, of: 104) }
        #expect(warming == [0.5, 1, 1.5, 2])
        #expect(cosine.rate(at: 4, of: 104) == 2)
        #expect(abs(cosine.rate(at: 54, of: 104) - 1.25) < 1e-12)
        #expect(abs(cosine.rate(at: 104, of: 104) - 0.5) < 1e-12)
        let constant = LearningRateSchedule(peak: 3)
        #expect(constant.rate(at: 0, of: 10) == 3 && constant.rate(at: 9, of: 10) == 3)
    }

    @Test func averages() {
        let backend = CPUBackend()
        let parameter = Tensor([1, 2, 3], shape: [3], on: backend)
        let average = ExponentialMovingAverage(of: [("p", parameter)], decay: 0.5, on: backend)
        parameter.floats[0] = 11
        average.follow(step: 1)  // keeps 2 / 11
        let first: Float = 101 / 11
        #expect(abs(average.averages[0].tensor.floats[0] - first) < 1e-5)
        average.follow(step: 1000)  // keeps a half
        let second: Float = (first + 11) / 2
        #expect(abs(average.averages[0].tensor.floats[0] - second) < 1e-5)
        #expect(average.averages[0].tensor.floats[2] == 3)
    }

    /// Gradients of several batches add up, as one batch of all would have them.
    @Test func accumulation() {
        let tape = GradientTape(CPUBackend())
        let x = tape.watched(Tensor(normal: [40, 7], seed: 1, on: tape.base))
        let target = Tensor(normal: [40, 7], seed: 2, on: tape)
        tape.backward(x.weightedSquaredError(target))
        let whole = x.gradient?.elements ?? []
        x.clearGradient()
        for rows in [0..<13, 13..<40] {
            tape.backward(x[rows: rows].weightedSquaredError(target[rows: rows]), factor: 0.5)
        }
        let difference = relativeDifference(x.gradient?.elements ?? [], whole.map { $0 / 2 })
        #expect(difference < 1e-6)
    }

    /// In a U-Net that got mask and known channels, they count for nothing.
    @Test func widenedInput() throws {
        let golden = try GoldenCheckpoint("epsilon", in: TrainingGolden.pipeline)
        try CheckpointWriter.withFolder(of: golden, goldens: TrainingGolden.pipeline) { folder in
            let backend = CPUBackend()
            let path = folder.path + "/unet"
            let plain = try UNet.load(folder: path, on: backend)
            var configuration = plain.configuration
            configuration.inChannels = 9
            let checkpoint = try UNet.checkpoint(folder: path, on: backend)
            let wide = try UNet(configuration, ParameterScope(WidenedInput(checkpoint, on: backend)))
            try checkpoint.finish()
            let latents = Tensor(normal: [2, 8, 8, 4], seed: 1, on: backend)
            let rest = Tensor(normal: [2, 8, 8, 5], seed: 2, on: backend)
            let captions = Captions(
                embeddings: Tensor(normal: [1, 5, 32], seed: 3, on: backend), ofImage: [0, 0])
            let outputs = [(plain, latents), (wide, latents.concatenatingChannels(rest))].map { unet, input in
                unet(input, timesteps: [10, 700], context: captions, coupling: .alone(images: 2)).elements
            }
            let difference = relativeDifference(outputs[1], outputs[0])
            #expect(difference < 1e-6)
        }
    }

    /// Random beginnings depend on the seed and the name, and have the sizes that layers are begun with.
    @Test func initialiser() throws {
        let backend = CPUBackend()
        let source = ParameterInitialiser(seed: 3, on: backend)
        let weight = try source.parameter("a.weight", shape: [64, 100]).value.elements
        let bias = try source.parameter("a.bias", shape: [64]).value.elements
        #expect(weight.allSatisfy { abs($0) <= 0.1 })
        #expect(bias.allSatisfy { abs($0) <= 0.1 })
        let variance: Float = weight.reduce(0) { $0 + $1 * $1 } / 6400
        #expect(abs(variance - 0.00333) < 3e-4)
        let norm = try source.parameter("norm.weight", shape: [8]).value.elements
        let shift = try source.parameter("norm.bias", shape: [8]).value.elements
        #expect(norm.allSatisfy { $0 == 1 })
        #expect(shift.allSatisfy { $0 == 0 })
        #expect(throws: CheckpointError.self) { try source.parameter("a.weight", shape: [64, 100]) }
        let again = ParameterInitialiser(seed: 3, on: backend)
        _ = try again.parameter("b.weight", shape: [3, 3])
        let same = try again.parameter("a.weight", shape: [64, 100]).value.elements
        #expect(same == weight)
        let other = ParameterInitialiser(seed: 4, on: backend)
        let others = try other.parameter("a.weight", shape: [64, 100]).value.elements
        #expect(others != weight)
    }
}
