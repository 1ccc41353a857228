import Foundation
import JointDiffusion
import Tensors
import Testing

/// The embedded model's picture in coarser precisions beside that in float32, same seed. Where the processor does not have them the
/// products' factors are rounded all the same, or integers stand in for them.
@Suite struct ReducedPrecisionTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Models/toybox").path

    @Test(arguments: [(Precision.bfloat16, 35.0), (.int8, 28)], [false, true])
    func theEmbeddedModelsPicturesStayNear(_ asked: (Precision, decibels: Double), _ narrows: Bool) throws {
        let (precision, decibels) = asked
        let (exact, rounded) = (try pictures(.float32), try pictures(precision, narrows: narrows))
        for (exact, rounded) in zip(exact, rounded) {
            let squares = zip(exact, rounded).reduce(0.0) {
                $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
            }
            #expect(squares > 0)
            let signalToNoise = 10 * log10(255 * 255 * Double(exact.count) / squares)
            #expect(signalToNoise > decibels, "\(signalToNoise) dB")
        }
    }

    /// Each of a photo, which is a picture that the model made in float32.
    private func pictures(_ precision: Precision, narrows: Bool = false) throws -> [[UInt8]] {
        func pipeline(_ precision: Precision) throws -> (Pipeline, DiffusionModel) {
            let model = try DiffusionModel(
                folder: Self.folder,
                on: CPUBackend(
                    CPUConfiguration(
                        threads: 2, instructionSet: narrows ? .avx2 : nil, precision: precision,
                        narrows: narrows)))
            return (Pipeline(model), model)
        }
        let (exact, model) = try pipeline(.float32)
        let (rounded, roundedModel) = try pipeline(precision)
        return try ["fish", "car", "penguin"].enumerated().map { seed, kind in
            var request = GenerationRequest(
                prompt: "a photo of the \(kind) in the snow", model: model, seeds: [UInt64(seed)])
            request.steps = 10
            let photo = try exact.decode(exact.generate(request))
            request = GenerationRequest(
                prompt: "a photo of the \(kind) on a beach", model: roundedModel, seeds: [UInt64(seed)])
            let latent = rounded.encode(pixels: photo, width: model.width, height: model.height)
            return try rounded.decode(
                rounded.generate(request, references: [Pipeline.Reference(latent: latent, noiseSeed: 0)]))
        }
    }
}
