import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Large pictures decoded in squares are nearly those decoded whole.
@Suite struct TiledDecodingTests {
    private static func withPipeline(_ name: String, _ body: (Pipeline) throws -> Void) throws {
        let golden = try GoldenCheckpoint(name, in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            try body(Pipeline(try DiffusionModel(folder: folder.path, on: CPUBackend())))
        }
    }

    /// Peak signal to noise of bytes, in dB.
    private static func signalToNoise(_ a: [UInt8], _ b: [UInt8]) -> Double {
        let squares = zip(a, b).reduce(0.0) {
            $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
        }
        return squares == 0 ? .infinity : 10 * log10(255 * 255 * Double(a.count) / squares)
    }

    /// Latents as a picture has them: smooth.
    private static func latents(_ h: Int, _ w: Int, _ channels: Int, _ backend: any Backend) -> Tensor {
        let values = (0..<h * w * channels).map { index -> Float in
            let (pixel, channel) = (index / channels, index % channels)
            let (y, x) = (Float(pixel / w), Float(pixel % w))
            return cos(0.21 * x + Float(channel)) * sin(0.17 * y - 0.5 * Float(channel))
        }
        return Tensor(values, shape: [1, h, w, channels], on: backend)
    }

    /// Without norms and attention a square's middle is exactly the whole's, once the overlap holds the convolutions'
    /// reach.
    @Test func aTinyDecoderShowsNoSeams() throws {
        try Self.withPipeline("tiny-v") { pipeline in
            let latents = Self.latents(41, 50, 4, pipeline.model.backend)
            let whole = try pipeline.decode(latents)
            for (side, overlap, least) in [(24, 8, 30.0), (24, 16, 40.0)] {
                let tiled = try pipeline.decode(latents, tiling: TiledDecoding(side: side, overlap: overlap))
                let ratio = Self.signalToNoise(tiled, whole)
                #expect(ratio > least, "\(side), \(overlap): \(ratio) dB")
            }
        }
    }

    @Test(arguments: ["epsilon", "deep-vae"]) func aWholeDecoderIsNear(_ name: String) throws {
        try Self.withPipeline(name) { pipeline in
            let latents = Self.latents(40, 56, 4, pipeline.model.backend)
            let whole = try pipeline.decode(latents)
            let tiled = try pipeline.decode(latents, tiling: TiledDecoding(side: 32, overlap: 12))
            let ratio = Self.signalToNoise(tiled, whole)
            #expect(ratio > 20, "\(ratio) dB")
        }
    }

    @Test func whatFitsIsDecodedWhole() throws {
        try Self.withPipeline("epsilon") { pipeline in
            let latents = Self.latents(12, 9, 4, pipeline.model.backend)
            let tiled = try pipeline.decode(latents, tiling: TiledDecoding())
            let whole = try pipeline.decode(latents)
            #expect(tiled == whole)
        }
    }
}
