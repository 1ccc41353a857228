import Foundation
import Tensors

/// A VAE by itself: a diffusers folder (`AutoencoderKL`, or `AutoencoderTiny`, which decodes many times faster), a
/// model's folder with one in its folder `vae`, or a safetensors file in the original layout, be it a VAE's, TAESD's
/// or a whole checkpoint's.
struct AutoencoderFiles {
    private let backend: any Backend
    private let kind: Kind

    private enum Kind {
        case folder(String)
        case file(
            SafetensorsFile, AutoencoderKL.Configuration, [String: ComponentCheckpoint.Location],
            prefix: String)
        case tiny(TinyAutoencoderFile)
    }

    init(_ path: String, on backend: any Backend) throws(CheckpointError) {
        self.backend = backend
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let isModel = FileManager.default.fileExists(atPath: "\(path)/vae/config.json")
            kind = .folder(isModel ? "\(path)/vae" : path)
            return
        }
        kind = try Self.file(path)
    }

    /// What belongs to a file of a VAE alone, and to none of its networks.
    private static let unused = ["loss.", "model_ema."]

    private static func file(_ path: String) throws(CheckpointError) -> Kind {
        guard path.hasSuffix(".safetensors") else {
            throw .notOriginal(
                file: path, reason: "it does not end in .safetensors; convert .ckpt, .pt and .bin files")
        }
        let file: SafetensorsFile
        do { file = try SafetensorsFile(path: path) } catch { throw .safetensors(error) }
        if let tiny = try TinyAutoencoderFile(file) { return .tiny(tiny) }
        let whole = OriginalArchitecture.vaePrefix
        let prefix = file.names.contains { $0.hasPrefix(whole) } ? whole : ""
        let configuration = try OriginalArchitecture.autoencoder(OriginalShapes(file), prefix)
        let names = OriginalNames.autoencoder(
            levels: configuration.blockChannels.count, layers: configuration.layersPerBlock)
        var locations: [String: ComponentCheckpoint.Location] = [:]
        var unexpected: [String] = []
        for key in file.names where key.hasPrefix(prefix) {
            let own = String(key.dropFirst(prefix.count))
            if let name = names.diffusers(own) {
                locations[name] = ComponentCheckpoint.Location(file: file, key: key)
            } else if !unused.contains(where: own.hasPrefix), own != "global_step" {
                unexpected.append(key)
            }
        }
        guard unexpected.isEmpty else { throw .unexpectedTensors(file: path, tensors: unexpected) }
        return .file(file, configuration, locations, prefix: prefix)
    }

    func load() throws(CheckpointError) -> any ImageAutoencoder {
        switch kind {
        case .folder(let folder):
            return try Autoencoders.load(folder: folder, on: backend)
        case .file(let file, let configuration, let locations, let prefix):
            let names = OriginalNames.autoencoder(
                levels: configuration.blockChannels.count, layers: configuration.layersPerBlock)
            let checkpoint = ComponentCheckpoint(
                path: file.path, locations: locations, storedKey: { prefix + (names.original($0) ?? $0) },
                on: backend)
            return try AutoencoderKL.load(configuration, checkpoint)
        case .tiny(let file):
            return try file.load(on: backend)
        }
    }

    /// The part of an `AutoencoderTiny` that previews need.
    func loadTinyDecoder() throws(CheckpointError) -> TinyDecoder {
        if case .tiny(let file) = kind { return try file.loadDecoder(on: backend) }
        guard let tiny = try load() as? AutoencoderTiny else {
            throw .unsupportedConfig(
                file: configurationFile, key: "_class_name", value: "AutoencoderKL",
                supported: "AutoencoderTiny, as TAESD's, which is fast enough for previews")
        }
        return tiny.decoder
    }

    var configurationFile: String {
        switch kind {
        case .folder(let folder): "\(folder)/config.json"
        case .file(let file, _, _, _): file.path
        case .tiny(let file): file.configurationFile
        }
    }

    var weights: [(file: SafetensorsFile, tensor: String)] {
        switch kind {
        case .folder(let folder):
            ((try? ComponentCheckpoint.files(folder: folder, stem: "diffusion_pytorch_model")) ?? [])
                .compactMap { try? SafetensorsFile(path: $0) }
                .flatMap { file in file.names.map { (file, $0) } }
        case .file(let file, _, let locations, _):
            locations.values.map { (file, $0.key) }
        case .tiny(let file):
            file.weights
        }
    }

    /// The files that decide what is computed.
    static func files(_ path: String) -> [String] {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
            return ([path] + [TinyAutoencoderFile.companion(path)].compactMap { $0 }).sorted()
        }
        let isModel = FileManager.default.fileExists(atPath: "\(path)/vae/config.json")
        let folder = isModel ? "\(path)/vae" : path
        let weights = (try? ComponentCheckpoint.files(folder: folder, stem: "diffusion_pytorch_model")) ?? []
        return ["\(folder)/config.json"] + weights
    }
}
