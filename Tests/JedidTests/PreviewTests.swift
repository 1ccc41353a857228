import Foundation
import Images
import Tensors
import Testing

/// Pictures of what is being made: the real programs and the embedded model, whose latents have 32 channels.
@Suite(.serialized) struct PreviewTests {
    private typealias Daemon = WholeWayTests.Daemon

    /// The colour that `writeDecoder`'s decoders make of all latents.
    private static let colour: [UInt8] = [64, 128, 191]

    /// A decoder in TAESD's layout that makes one colour: its last layer knows nothing but its biases.
    private func writeDecoder(in folder: URL, channels: Int, levels: Int = 5) throws -> String {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        let width = 8
        var tensors: [(name: String, tensor: Tensor)] = []
        func add(_ name: String, _ shape: Shape) {
            tensors.append((name, Tensor(normal: shape, seed: UInt64(tensors.count), on: backend)))
        }
        add("1.weight", [width, channels, 3, 3])
        add("1.bias", [width])
        var index = 3
        for _ in 1..<levels {
            for conv in [0, 2, 4] {
                add("\(index).conv.\(conv).weight", [width, width, 3, 3])
                add("\(index).conv.\(conv).bias", [width])
            }
            add("\(index + 2).weight", [width, width, 3, 3])
            index += 3
        }
        tensors.append(("\(index).weight", Tensor(zeros: [3, width, 3, 3], on: backend)))
        tensors.append(("\(index).bias", Tensor([0.25, 0.5, 0.75], shape: [3], on: backend)))
        let path = folder.appendingPathComponent("tiny_decoder.safetensors").path
        try SafetensorsWriter.write(tensors, to: path)
        return path
    }

    private func isOfThatColour(_ image: RGBImage, width: Int, height: Int) -> Bool {
        (image.width, image.height) == (width, height)
            && (0..<width * height).allSatisfy { Array(image.pixels[3 * $0..<3 * $0 + 3]) == Self.colour }
    }

    private func daemon(in folder: URL, previewDecoder: String) throws -> (Daemon, Process) {
        let daemon = Daemon(folder: folder)
        let file = folder.appendingPathComponent("jedid.yaml")
        try Data("preview_vae: \(previewDecoder)\n".utf8).write(to: file)
        return (daemon, try daemon.start(options: ["--config", file.path]))
    }

    @Test func aTinyDecoderMakesTheDaemonsPreviews() async throws {
        try await Programs.withFolder { folder in
            let path = try writeDecoder(in: folder, channels: 32)
            let (daemon, process) = try daemon(in: folder, previewDecoder: path)
            defer { process.terminate() }
            try daemon.drop(
                "striped-cat", prompt: "a cat in the snow --mode none --steps 600 --size 128x192\n")
            let kept = folder.appendingPathComponent("state/preview.png").path
            #expect(
                try await Programs.wait { FileManager.default.fileExists(atPath: kept) }, "\(daemon.said)")
            let file = folder.appendingPathComponent("shown.png").path
            let shown = try daemon.jedictl("preview", "--output", file)
            #expect(shown.status == 0, "\(shown.errors)")
            #expect(isOfThatColour(try PhotoDecoder.decode(contentsOf: file), width: 128, height: 192))
        }
    }

    @Test func oneThatDoesNotFitIsNamedAndPicturesAreMade() async throws {
        try await Programs.withFolder { folder in
            let path = try writeDecoder(in: folder, channels: 4)
            let (daemon, process) = try daemon(in: folder, previewDecoder: path)
            defer { process.terminate() }
            try daemon.drop("striped-cat", prompt: "a cat in the snow --mode none --steps 2\n")
            #expect(try await Programs.wait { daemon.pictures("striped-cat").count == 1 }, "\(daemon.said)")
            #expect(daemon.said.contains(path) && daemon.said.contains("32, the model's"), "\(daemon.said)")
        }
    }

    private func generate(_ folder: URL, _ name: String, _ options: [String] = []) throws -> Programs.Outcome
    {
        try Programs.run(
            "jedid",
            [
                "generate", "--model", Programs.model, "--mode", "none", "--steps", "60", "--seed", "7",
                "--size", "256x192", "--prompt", "a cat in the snow", "-o",
                folder.appendingPathComponent(name).path,
            ] + options)
    }

    @Test func watchingAPictureLeavesItsBytes() async throws {
        try await Programs.withFolder { folder in
            let preview = folder.appendingPathComponent("preview.png")
            #expect(try generate(folder, "plain.png").status == 0)
            let plain = try Data(contentsOf: folder.appendingPathComponent("plain.png"))

            // The model's VAE is an AutoencoderTiny: it makes them.
            let own = try generate(folder, "own.png", ["--preview", preview.path])
            #expect(own.status == 0 && own.errors.isEmpty, "\(own.errors)")
            #expect(try Data(contentsOf: folder.appendingPathComponent("own.png")) == plain)
            let image = try PhotoDecoder.decode(contentsOf: preview.path)
            #expect((image.width, image.height) == (256, 192))
            #expect(!isOfThatColour(image, width: 256, height: 192))

            let path = try writeDecoder(in: folder, channels: 32)
            let options = ["--preview", preview.path, "--preview-vae", path]
            #expect(try generate(folder, "watched.png", options).status == 0)
            #expect(try Data(contentsOf: folder.appendingPathComponent("watched.png")) == plain)
            #expect(
                isOfThatColour(try PhotoDecoder.decode(contentsOf: preview.path), width: 256, height: 192))
        }
    }

    @Test func whatCannotMakePreviewsIsRefusedBeforeTheWork() async throws {
        try await Programs.withFolder { folder in
            let preview = folder.appendingPathComponent("preview.png").path
            let path = try writeDecoder(in: folder, channels: 4)
            let unfit = try generate(folder, "a.png", ["--preview", preview, "--preview-vae", path])
            #expect(unfit.status == 1 && unfit.errors.contains("'latent_channels' is 4"), "\(unfit.errors)")
            let nowhere = try generate(folder, "a.png", ["--preview-vae", path])
            #expect(nowhere.status == 64 && nowhere.errors.contains("--preview FILE"), "\(nowhere.errors)")
            let twice = try generate(
                folder, "a.png", ["--preview", folder.appendingPathComponent("a.png").path])
            #expect(twice.status == 1 && twice.errors.contains("named twice"), "\(twice.errors)")
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path) == [
                    "tiny_decoder.safetensors"
                ])
        }
    }
}
