import Foundation
import JointDiffusion
import Tensors
import Testing

/// The embedded model's picture in bfloat16 beside that in float32, same seed. Where the processor has no bfloat16 the products'
/// factors are rounded all the same.
@Suite struct ReducedPrecisionTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Models/toybox").path

    @Test func theEmbeddedModelsPictureStaysNear() throws {
        let pictures = try [Precision.float32, .bfloat16].map { precision in
            let model = try DiffusionModel(
                folder: Self.folder, on: CPUBackend(CPUConfiguration(threads: 2, precision: precision)))
            let pipeline = Pipeline(model)
            var request = GenerationRequest(
                prompt: "a photo of the fish in the snow", model: model, seeds: [2])
            request.steps = 10
            return try pipeline.decode(pipeline.generate(request)).map(Double.init)
        }
        let squares = zip(pictures[0], pictures[1]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(squares > 0)
        let signalToNoise = 10 * log10(255 * 255 * Double(pictures[0].count) / squares)
        #expect(signalToNoise > 35, "\(signalToNoise) dB")
    }
}
