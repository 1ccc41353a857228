import Foundation
import JointDiffusion
import Tensors
import TestSupport
import Testing

/// What is said to be needed before a picture is begun.
@Suite struct ModelMemoryTests {
    private static func withModel(
        _ configuration: CPUConfiguration = CPUConfiguration(), _ body: (DiffusionModel, URL) throws -> Void
    ) throws {
        let golden = try GoldenCheckpoint("epsilon", in: Goldens.directory)
        try CheckpointWriter.withFolder(of: golden, goldens: Goldens.directory) { folder in
            try body(try DiffusionModel(folder: folder.path, on: CPUBackend(configuration)), folder)
        }
    }

    private static func needed(_ memory: ModelMemory, _ side: Int) -> Int {
        memory.needed(width: side, height: side, mode: .none, references: 0)
    }

    /// Weights of packed networks that are on the disk come one network after the other.
    @Test func oneNetworkAtATime() throws {
        try Self.withModel { model, _ in
            let (all, one) = (
                model.memory(precision: .float32), model.memory(precision: .float32, packsOnDisk: true)
            )
            let weights = [all.textEncoder, all.autoencoder, all.unet].map(\.weights)
            #expect(weights.count == 3 && weights.allSatisfy { $0 > 0 })
            #expect(weights.reduce(0, +) == 4 * model.parameterCount)
            // So small a picture that no convolution takes tiles.
            func saved(_ edit: (inout ModelMemory) -> Void) -> Int {
                var pair = [all, one]
                for index in pair.indices { edit(&pair[index]) }
                return Self.needed(pair[0], 16) - Self.needed(pair[1], 16)
            }
            #expect(saved { ($0.perPixel, $0.perLatentPixel) = (0, 0) } == weights[0] + weights[1])
            // Activations are with their own network's weights: the U-Net's, and the autoencoder's.
            #expect(saved { $0.perPixel = 0 } == weights[0] + weights[1])
            #expect(saved { ($0.perPixel, $0.perLatentPixel) = (weights[2], 0) } == weights[0] + weights[2])
        }
    }

    /// The 3x3 convolutions between a network's first and last, as the files have them.
    @Test func filtersAreTheFilesOwn() throws {
        try Self.withModel { model, folder in
            let whole = model.memory(precision: .float32)
            let networks = [whole.textEncoder, whole.autoencoder, whole.unet]
            for (network, memory) in zip(["text_encoder", "vae", "unet"], networks) {
                let path =
                    "\(folder.path)/\(network)/"
                    + (network == "text_encoder" ? "model" : "diffusion_pytorch_model") + ".safetensors"
                let file = try SafetensorsFile(path: path)
                let counts = file.names.filter {
                    $0.hasSuffix("conv1.weight") || $0.hasSuffix("conv2.weight")
                        || $0.contains("upsamplers") && $0.hasSuffix("weight")
                }.map { file.shape(of: $0)?.count ?? 0 }
                #expect(memory.filters.reduce(0) { $0 + $1.count } == counts.reduce(0, +), "\(network)")
            }
        }
    }

    /// By tiles of 2 x 2 weights are 16/9 of what they were, and by those of 4 x 4 four times.
    @Test(arguments: [2, 4])
    func filtersGrowWithThePicture(_ smallest: Int) throws {
        try Self.withModel { model, _ in
            var memory = model.memory(precision: .float32)
            memory.autoencoder.filters = [
                .init(downscale: 8, count: 9 << 18, bytes: 4, bytesInTiles: 4, smallestTile: smallest)
            ]
            memory.unet.filters = []
            for (side, megabytes) in [(128, 0), (256, smallest == 2 ? 7 : 0), (512, 27)] {
                var without = memory
                without.autoencoder.filters = []
                #expect(Self.needed(memory, side) - Self.needed(without, side) == megabytes << 20, "\(side)")
            }
        }
        // A set passes whole; the autoencoder takes its pictures one by one.
        try Self.withModel { model, _ in
            var memory = model.memory(precision: .float32)
            let filters = NetworkMemory.Filters(
                downscale: 16, count: 9 << 18, bytes: 4, bytesInTiles: 4, smallestTile: 2)
            memory.autoencoder.filters = [filters]
            memory.unet.filters = [filters]
            func tiles(_ mode: ReferenceMode, _ references: Int) -> Int {
                var without = memory
                without.autoencoder.filters = []
                without.unet.filters = []
                let needed = [memory, without].map {
                    $0.needed(width: 256, height: 256, mode: mode, references: references)
                }
                return (needed[0] - needed[1]) >> 20
            }
            #expect(tiles(.none, 0) == 0 && tiles(.cached, 7) == 0 && tiles(.joint, 1) == 0)
            #expect(tiles(.joint, 2) == 7 && tiles(.joint, 3) == 7 && tiles(.joint, 30) == 7)
        }
        var configuration = CPUConfiguration()
        configuration.usesWinograd = false
        try Self.withModel(configuration) { model, _ in
            let memory = model.memory(precision: .float32)
            #expect(memory.autoencoder.filters.isEmpty && memory.unet.filters.isEmpty)
        }
        // Weights of 8 bits have 16 in tiles.
        for narrows in [true, false] {
            let configuration = CPUConfiguration(usesOneDNN: false, narrows: narrows)
            try Self.withModel(configuration) { model, _ in
                let memory = model.memory(precision: .int8)
                // Keys and values are kept in half where attention rounds them, which it does in either case.
                #expect(
                    2 * memory.perReferenceLatentPixel
                        == model.memory(precision: .float32).perReferenceLatentPixel)
                let filters = memory.unet.filters
                #expect(filters.isEmpty == !narrows)
                #expect(filters.allSatisfy { $0.bytes == 1 && $0.bytesInTiles == 2 && $0.smallestTile == 2 })
            }
        }
    }
}
