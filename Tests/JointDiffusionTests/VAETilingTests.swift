import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// Large pictures that pass the VAE in squares are nearly those that pass whole.
@Suite struct VAETilingTests {
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
                let tiled = try pipeline.decode(
                    latents, tiling: .squares(VAETiling(side: side, overlap: overlap)))
                let ratio = Self.signalToNoise(tiled, whole)
                #expect(ratio > least, "\(side), \(overlap): \(ratio) dB")
            }
        }
    }

    @Test(arguments: ["epsilon", "deep-vae"]) func aWholeDecoderIsNear(_ name: String) throws {
        try Self.withPipeline(name) { pipeline in
            let latents = Self.latents(40, 56, 4, pipeline.model.backend)
            let whole = try pipeline.decode(latents)
            let tiled = try pipeline.decode(latents, tiling: .squares(VAETiling(side: 32, overlap: 12)))
            let ratio = Self.signalToNoise(tiled, whole)
            #expect(ratio > 20, "\(ratio) dB")
        }
    }

    @Test func whatFitsIsDecodedWhole() throws {
        try Self.withPipeline("epsilon") { pipeline in
            let latents = Self.latents(12, 9, 4, pipeline.model.backend)
            let tiled = try pipeline.decode(latents, tiling: .squares(VAETiling()))
            let whole = try pipeline.decode(latents)
            #expect(tiled == whole)
        }
    }

    /// Pixels through the encoder in squares and whole. All squares look alike, as norms want it.
    @Test(arguments: [("tiny-v", 0.05), ("epsilon", 0.3)])
    func encodingInSquaresIsNear(_ name: String, _ most: Double) throws {
        try Self.withPipeline(name) { pipeline in
            let factor = pipeline.model.vae.downscale
            let (height, width) = (41 * factor, 50 * factor)
            let pixels = (0..<height * width * 3).map { index in
                UInt8(
                    127.5 + 100 * cos(0.3 * Float(index / 3 % width + index / 3 / width) + Float(index % 3)))
            }
            let whole = pipeline.encode(pixels: pixels, width: width, height: height, tiling: .whole)
            let tiled = pipeline.encode(
                pixels: pixels, width: width, height: height,
                tiling: .squares(VAETiling(side: 24, overlap: 16)))
            let difference = relativeDifference(tiled.elements, whole.elements)
            #expect(difference > 0 && difference < most, "\(difference)")
        }
    }

    /// What takes too much is cut without being asked for, on both ways, and what does not is not.
    @Test func whatIsTooLargeIsCut() throws {
        try Self.withPipeline("tiny-v") { pipeline in
            let factor = pipeline.model.vae.downscale
            let (height, width) = (20 * factor, 70 * factor)
            let latents = Self.latents(20, 70, 4, pipeline.model.backend)
            let pixels = (0..<height * width * 3).map { UInt8(($0 * 7919) % 251) }
            func both(_ tiling: VAETiling.Choice) throws -> (Tensor, [UInt8]) {
                (
                    pipeline.encode(pixels: pixels, width: width, height: height, tiling: tiling),
                    try pipeline.decode(latents, tiling: tiling)
                )
            }
            let (whole, squares) = (try both(.whole), try both(.squares(VAETiling())))
            #expect(whole.0.elements != squares.0.elements && whole.1 != squares.1)
            var left = try both(.automatic)
            #expect(left.0.elements == whole.0.elements && left.1 == whole.1)
            pipeline.largestWhole = height * width * pipeline.model.vae.bytesPerPixel - 1
            left = try both(.automatic)
            #expect(left.0.elements == squares.0.elements && left.1 == squares.1)
        }
    }

    /// What is cut by itself follows from the size, and the estimate of memory knows it.
    @Test func largePicturesAreCutByThemselves() throws {
        try Self.withPipeline("epsilon") { pipeline in
            var memory = pipeline.model.memory(precision: .float32)
            // As Stable Diffusion's VAE has it.
            (memory.perPixel, memory.downscale) = (6144, 8)
            let needed = { (side: Int) in
                memory.needed(width: side, height: side, mode: .none, references: 0)
            }
            #expect(needed(832) > 4_000_000_000)
            #expect(needed(1024) < 2_500_000_000 && needed(2048) < 4_000_000_000)
        }
    }
}
