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
        let bound = Float(0.03).squareRoot()
        #expect(weight.allSatisfy { abs($0) <= bound })
        let variance: Float = weight.reduce(0) { $0 + $1 * $1 } / 6400
        #expect(abs(variance - 0.01) < 1e-3)
        for bias in ["a.bias", "norm.bias"] {
            #expect(try source.parameter(bias, shape: [64]).value.elements.allSatisfy { $0 == 0 })
        }
        let norm = try source.parameter("norm.weight", shape: [8]).value.elements
        #expect(norm.allSatisfy { $0 == 1 })
        // What ends a residual branch, and the U-Net's last convolution; not the VAE's.
        for branch in ["resnets.0.conv2.weight", "attn1.to_out.0.weight", "conv_out.weight"] {
            #expect(try source.parameter(branch, shape: [4, 4]).value.elements.allSatisfy { $0 == 0 })
        }
        let last = try source.parameter("decoder.conv_out.weight", shape: [4, 4]).value.elements
        #expect(last.contains { $0 != 0 })
        #expect(throws: CheckpointError.self) { try source.parameter("a.weight", shape: [64, 100]) }
        let again = ParameterInitialiser(seed: 3, on: backend)
        _ = try again.parameter("b.weight", shape: [3, 3])
        let same = try again.parameter("a.weight", shape: [64, 100]).value.elements
        #expect(same == weight)
        let other = ParameterInitialiser(seed: 4, on: backend)
        let others = try other.parameter("a.weight", shape: [64, 100]).value.elements
        #expect(others != weight)
    }

    /// A step of Muon goes along an orthogonal matrix: what a gradient says loudly and what it says softly count alike.
    @Test(arguments: [(5, 17), (17, 5), (9, 9), (1, 8)])
    func muon(_ rows: Int, _ columns: Int) {
        let backend = CPUBackend()
        // A gradient of known singular values: rows of an identity, each of another size.
        var gradient = [Float](repeating: 0, count: rows * columns)
        let side = min(rows, columns)
        for index in 0..<side { gradient[index * columns + index] = Float(index + 1) / Float(side) }
        let parameter = Tensor(normal: [rows, columns], seed: 1, on: backend)
        let before = parameter.elements
        let momentum = Tensor(zeros: [rows, columns], on: backend)
        backend.takeStep(
            MuonStep(rate: 0.1, momentum: 0.9, decay: 0.5, gradientScale: 2), parameter: parameter,
            gradient: Tensor(gradient, shape: [rows, columns], on: backend), momentum: momentum)
        let length = 0.1 * 0.2 * Float(max(rows, columns)).squareRoot()
        for (index, element) in parameter.elements.enumerated() {
            let step = (before[index] * (1 - 0.1 * 0.5) - element) / length
            let isOnDiagonal = index / columns == index % columns
            if isOnDiagonal { #expect((0.6...1.3).contains(step)) } else { #expect(abs(step) < 1e-4) }
            #expect(abs(momentum.elements[index] - 0.1 * 2 * gradient[index]) < 1e-6)
        }
    }

    /// Along any gradient, long or square, a step is the polynomial of its singular values that Jordan et al. give.
    @Test(arguments: [(5, 37), (37, 5), (19, 23), (16, 32), (1, 9)])
    func muonsPolynomial(_ rows: Int, _ columns: Int) {
        let backend = CPUBackend()
        let gradient = Tensor(normal: [rows, columns], seed: 3, on: backend)
        let parameter = Tensor(zeros: [rows, columns], on: backend)
        backend.takeStep(
            MuonStep(rate: 1, momentum: 0, decay: 0), parameter: parameter, gradient: gradient,
            momentum: Tensor(zeros: [rows, columns], on: backend))
        /// `[n, m] [m, k]`
        func product(_ a: [Double], _ b: [Double], _ n: Int, _ m: Int, _ k: Int) -> [Double] {
            (0..<n * k).map { at in (0..<m).reduce(0) { $0 + a[at / k * m + $1] * b[$1 * k + at % k] } }
        }
        let norm = gradient.elements.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        var x = gradient.elements.map { Double($0) / norm }
        for _ in 0..<5 {
            let turned = (0..<rows * columns).map { x[$0 % rows * columns + $0 / rows] }
            let gram = product(x, turned, rows, columns, rows)
            let squared = product(gram, gram, rows, rows, rows)
            let polynomial = zip(gram, squared).map { -4.775 * $0 + 2.0315 * $1 }
            x = zip(x, product(polynomial, x, rows, rows, columns)).map { 3.4445 * $0 + $1 }
        }
        let length = 0.2 * Double(max(rows, columns)).squareRoot()
        #expect(relativeDifference(parameter.elements, x.map { Float(-length * $0) }) < 1e-4)
    }

    /// Weights that no gradient reaches any more are named, and none while all are reached.
    @Test(arguments: Optimizer.Method.allCases) func idleWeights(_ method: Optimizer.Method) {
        let tape = GradientTape(CPUBackend())
        let parameters = ["a.weight", "b.weight", "c.weight"].enumerated().map { index, name in
            (name: name, tensor: tape.watched(Tensor(normal: [4, 6], seed: UInt64(index), on: tape.base)))
        }
        var settings = Optimizer.Settings()
        settings.method = method
        let optimiser = Optimizer(parameters, settings: settings, on: tape)
        for step in 0..<600 {
            let reached = step < 3 ? 3 : 2
            for (_, tensor) in parameters.prefix(reached) {
                tape.backward(tensor.weightedSquaredError(Tensor(zeros: [4, 6], on: tape)))
            }
            optimiser.step(rate: 0, norm: optimiser.gradientNorm())
            if step == 2 { #expect(optimiser.idleWeights().isEmpty) }
        }
        #expect(optimiser.idleWeights() == ["c.weight"])
    }

    /// What had no gradient for long, as a layer that died, has no direction: its momentum's squares are no numbers more.
    @Test(arguments: [1e-19, 1e-21, 1e-30] as [Float], [(4, 16), (6, 7)])
    func muonOfNearlyNothing(_ size: Float, _ shape: (Int, Int)) {
        let backend = CPUBackend()
        let shape: Shape = [shape.0, shape.1]
        let parameter = Tensor(normal: shape, seed: 1, on: backend)
        let before = parameter.elements
        backend.takeStep(
            MuonStep(rate: 0.1, momentum: 0.95, decay: 0), parameter: parameter,
            gradient: Tensor(zeros: shape, on: backend),
            momentum: size * Tensor(normal: shape, seed: 2, on: backend))
        #expect(parameter.elements == before)
    }

    /// A gradient that is nothing moves nothing, and makes nothing infinite.
    @Test func muonWithoutGradient() {
        let backend = CPUBackend()
        let parameter = Tensor(normal: [3, 4], seed: 1, on: backend)
        let before = parameter.elements
        backend.takeStep(
            MuonStep(rate: 0.1, momentum: 0.9, decay: 0), parameter: parameter,
            gradient: Tensor(zeros: [3, 4], on: backend), momentum: Tensor(zeros: [3, 4], on: backend))
        #expect(parameter.elements == before)
    }
}
