import Foundation
import Tensors

/// A model in one safetensors file with the original layout's names: Stable Diffusion 1.x, its inpainting
/// checkpoints, and 2.x. Its architecture follows from the tensors' shapes.
final class OriginalCheckpoint: ModelParts {
    private let file: SafetensorsFile
    private let source: ModelSource
    private let backend: any Backend
    private let shapes: OriginalArchitecture
    private let settings: OriginalSettings
    /// The model's key -> where the tensor is, for each network.
    private var locations: [ModelNetwork: [String: ComponentCheckpoint.Location]] = [:]
    private let names: [ModelNetwork: OriginalNames]
    private let prefixes: [ModelNetwork: String]

    init(_ path: String, _ source: ModelSource, on backend: any Backend) throws(CheckpointError) {
        guard path.hasSuffix(".safetensors") else {
            throw .notOriginal(
                file: path, reason: "it does not end in .safetensors; convert .ckpt, .pt and .bin files")
        }
        do { file = try SafetensorsFile(path: path) } catch { throw .safetensors(error) }
        self.source = source
        self.backend = backend
        shapes = try OriginalArchitecture(file)
        settings = try OriginalSettings(file: file, source: source, shapes: shapes)
        prefixes = [
            .unet: OriginalArchitecture.unetPrefix, .autoencoder: OriginalArchitecture.vaePrefix,
            .textEncoder: shapes.textPrefix,
        ]
        names = [
            .unet: .unet(shapes.unet),
            .autoencoder: .autoencoder(
                levels: shapes.autoencoder.blockChannels.count, layers: shapes.autoencoder.layersPerBlock),
            .textEncoder: shapes.isVersion2
                ? .openCLIP(layers: shapes.textEncoder.layers)
                : .textEncoder(prefix: shapes.textModelPrefix),
        ]
        try sort()
    }

    /// Says of every tensor which network's it is; those of none are refused.
    private func sort() throws(CheckpointError) {
        var unexpected: [String] = []
        for key in file.names where !shapes.isUnused(key) {
            guard let (network, prefix) = prefixes.first(where: { key.hasPrefix($0.value) }),
                let name = names[network]?.diffusers(String(key.dropFirst(prefix.count)))
            else {
                unexpected.append(key)
                continue
            }
            let location = ComponentCheckpoint.Location(file: file, key: key)
            guard name.contains(".in_proj.") else {
                locations[network, default: [:]][name] = location
                continue
            }
            for (third, part) in OriginalNames.fused.enumerated() {
                var location = location
                location.third = third
                locations[network, default: [:]][name.replacing(".in_proj.", with: ".\(part).")] = location
            }
        }
        guard unexpected.isEmpty else {
            throw .unexpectedTensors(file: file.path, tensors: unexpected)
        }
    }

    private func checkpoint(_ network: ModelNetwork) -> ComponentCheckpoint {
        let (names, prefix) = (names[network], prefixes[network] ?? "")
        let fusesHeads = shapes.isVersion2
        return ComponentCheckpoint(
            path: file.path, locations: locations[network] ?? [:],
            storedKey: { key in
                var key = key
                if fusesHeads {
                    for part in OriginalNames.fused {
                        key = key.replacing(".self_attn.\(part).", with: ".self_attn.in_proj.")
                    }
                }
                return prefix + (names?.original(key) ?? key)
            }, on: backend)
    }

    func tokenizer() throws -> CLIPTokenizer {
        let folder = source.tokenizerFolder
        guard FileManager.default.fileExists(atPath: "\(folder)/vocab.json") else {
            throw CheckpointError.missingFile(
                file: "\(folder)/vocab.json",
                hint: "\(file.path) holds no vocabulary. Put the folder 'tokenizer' of any Stable Diffusion "
                    + "diffusers folder beside it (vocab.json, merges.txt, tokenizer_config.json), or name that "
                    + "folder with --tokenizer.")
        }
        var tokenizer = try CLIPTokenizer(directory: URL(fileURLWithPath: folder))
        // The programs that these files were made with pad so, whatever the folder was made for.
        tokenizer.paddingID = shapes.isVersion2 ? 0 : tokenizer.endID
        return tokenizer
    }

    func scheduler() throws -> SchedulerConfiguration { settings.scheduler }

    func textEncoder(_ adapters: LowRankAdapters) throws -> CLIPTextEncoder {
        let checkpoint = checkpoint(.textEncoder)
        try adapters.adapt(checkpoint, of: .textEncoder)
        return try CLIPTextEncoder.load(shapes.textEncoder, checkpoint)
    }

    func autoencoder() throws -> any ImageAutoencoder {
        try AutoencoderKL.load(shapes.autoencoder, checkpoint(.autoencoder))
    }

    func unet(_ adapters: LowRankAdapters) throws -> UNet {
        var configuration = shapes.unet
        (configuration.sampleWidth, configuration.sampleHeight) = (settings.latents[0], settings.latents[1])
        let checkpoint = checkpoint(.unet)
        try adapters.adapt(checkpoint, of: .unet)
        return try UNet.load(configuration, checkpoint)
    }

    func configurationFile(of network: ModelNetwork) -> String { file.path }

    func weights(of network: ModelNetwork) -> [(file: SafetensorsFile, tensor: String)] {
        Set((locations[network] ?? [:]).values.map(\.key)).sorted().map { (file, $0) }
    }
}
