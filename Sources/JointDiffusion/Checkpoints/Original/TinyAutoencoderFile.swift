import Foundation
import Tensors

/// TAESD as its authors publish it, where keys are places in a list of layers: `NAME_decoder.safetensors`, and
/// `NAME_encoder.safetensors` beside it; or both in one file, behind `decoder.` and `encoder.`, or behind
/// `taesd_decoder.` and `taesd_encoder.`.
struct TinyAutoencoderFile {
    private let decoder: Half
    /// Nil where the encoder lies in a file of its own, which is opened when it is needed.
    private let encoder: Half?
    private let encoderPath: String?

    /// One of the two lists of layers.
    private struct Half {
        let file: SafetensorsFile
        /// What its keys begin with.
        let prefix: String
        /// The published decoder's first layer clamps and has no weights; diffusers numbers from the one behind it.
        let offset: Int
        let channels: Int
        let latentChannels: Int
        /// Residual blocks of each resolution, in the order of the list.
        let blocks: [Int]
    }

    private enum Side: String, CaseIterable {
        case encoder, decoder

        var offset: Int { self == .decoder ? 1 : 0 }
        var other: Side { self == .decoder ? .encoder : .decoder }
    }

    /// Nil: the file is none of these.
    init?(_ file: SafetensorsFile) throws(CheckpointError) {
        let shapes = OriginalShapes(file)
        if shapes.has("decoder.layers.0.weight") {
            throw shapes.strange(
                "these are the weights of a diffusers folder; name the folder, whose config.json belongs to them"
            )
        }
        for name in ["", "taesd_"] where shapes.has("\(name)decoder.1.weight") {
            let prefixes = Dictionary(
                uniqueKeysWithValues: Side.allCases.map { ($0, "\(name)\($0.rawValue).") })
            let more = file.names.filter { key in
                !Self.unused.contains(key) && !prefixes.values.contains { key.hasPrefix($0) }
            }
            guard more.isEmpty else { throw .unexpectedTensors(file: file.path, tensors: more.sorted()) }
            decoder = try Self.half(.decoder, of: file, prefix: prefixes[.decoder] ?? "")
            encoder =
                shapes.has("\(name)encoder.0.weight")
                ? try Self.half(.encoder, of: file, prefix: prefixes[.encoder] ?? "") : nil
            encoderPath = nil
            return
        }
        guard let side = Side.allCases.first(where: { shapes.has("\($0.offset).weight") }) else { return nil }
        encoder = nil
        if side == .decoder {
            decoder = try Self.half(.decoder, of: file, prefix: "")
            encoderPath = Self.companion(file.path)
        } else {
            guard let path = Self.companion(file.path) else {
                throw .missingFile(
                    file: Self.companionName(file.path) ?? "The decoder of \(file.path)",
                    hint: "A VAE is two files, NAME_encoder.safetensors and NAME_decoder.safetensors.")
            }
            decoder = try Self.half(.decoder, of: Self.open(path), prefix: "")
            encoderPath = file.path
        }
    }

    /// The other half's file, where it lies beside this one.
    static func companion(_ path: String) -> String? {
        companionName(path).flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    }

    private static func companionName(_ path: String) -> String? {
        let url = URL(fileURLWithPath: path)
        let name = url.lastPathComponent
        for side in Side.allCases {
            if let range = name.range(of: "_\(side.rawValue)", options: .backwards) {
                let other = name.replacingCharacters(in: range, with: "_\(side.other.rawValue)")
                return url.deletingLastPathComponent().appendingPathComponent(other).path
            }
        }
        return nil
    }

    /// What programs that hold latents as the VAE gives them note beside the weights.
    private static let unused: Set<String> = ["vae_scale", "vae_shift"]

    private static func open(_ path: String) throws(CheckpointError) -> SafetensorsFile {
        do { return try SafetensorsFile(path: path) } catch { throw .safetensors(error) }
    }

    // MARK: What the shapes show

    private static let levels = 1...8

    private static func half(
        _ side: Side, of file: SafetensorsFile, prefix: String
    ) throws(CheckpointError) -> Half {
        let shapes = OriginalShapes(file)
        let first = try shapes.extents("\(prefix)\(side.offset).weight", rank: 4)
        // A decoder's first convolution is followed by a ReLU.
        var index = side == .decoder ? side.offset + 2 : 1
        var blocks = [0]
        while !shapes.has("\(prefix)\(index).bias") {
            if shapes.has("\(prefix)\(index).conv.0.weight") {
                blocks[blocks.count - 1] += 1
            } else {
                // What changes the size: a convolution, in a decoder behind a layer without weights.
                if side == .decoder { index += 1 }
                guard shapes.has("\(prefix)\(index).weight") else {
                    throw shapes.missing("\(prefix)\(index).weight")
                }
                blocks.append(0)
            }
            index += 1
        }
        let last = try shapes.extents("\(prefix)\(index).weight", rank: 4)
        let colours = side == .decoder ? last[0] : first[1]
        guard levels.contains(blocks.count), colours == 3 else {
            throw shapes.strange("its layers are not those of TAESD")
        }
        return Half(
            file: file, prefix: prefix, offset: side.offset, channels: first[0],
            latentChannels: side == .decoder ? first[1] : last[0], blocks: blocks)
    }

    private func encoderHalf() throws(CheckpointError) -> Half? {
        if let encoder { return encoder }
        guard let encoderPath else { return nil }
        return try Self.half(.encoder, of: Self.open(encoderPath), prefix: "")
    }

    private func configuration(_ encoder: Half?) throws(CheckpointError) -> AutoencoderTiny.Configuration {
        if let encoder {
            guard encoder.latentChannels == decoder.latentChannels,
                encoder.blocks.count == decoder.blocks.count
            else {
                throw .notOriginal(
                    file: encoder.file.path,
                    reason: "its latents are not those of the decoder in \(decoder.file.path)")
            }
        }
        return AutoencoderTiny.Configuration(
            latentChannels: decoder.latentChannels,
            encoder: .init(channels: encoder?.channels ?? 0, blocks: encoder?.blocks ?? []),
            decoder: .init(channels: decoder.channels, blocks: decoder.blocks))
    }

    // MARK: Loading

    func load(on backend: any Backend) throws(CheckpointError) -> AutoencoderTiny {
        guard let encoder = try encoderHalf() else {
            throw .missingFile(
                file: Self.companionName(decoder.file.path) ?? "The encoder of \(decoder.file.path)",
                hint:
                    "Photos pass through it: put it beside the decoder, which alone is enough for previews only."
            )
        }
        let configuration = try configuration(encoder)
        return AutoencoderTiny(
            configuration,
            encoder: try Self.load(encoder, on: backend) { scope throws(CheckpointError) in
                try AutoencoderTiny.encoder(configuration, scope)
            },
            decoder: try loadDecoder(on: backend))
    }

    /// Needs no encoder.
    func loadDecoder(on backend: any Backend) throws(CheckpointError) -> TinyDecoder {
        let configuration = try configuration(nil)
        return try Self.load(decoder, on: backend) { scope throws(CheckpointError) in
            try TinyDecoder(configuration, scope)
        }
    }

    private static func load<Layers>(
        _ half: Half, on backend: any Backend,
        _ make: (ParameterScope) throws(CheckpointError) -> Layers
    ) throws(CheckpointError) -> Layers {
        var locations: [String: ComponentCheckpoint.Location] = [:]
        for (name, key) in try keys(of: half) {
            locations[name] = ComponentCheckpoint.Location(file: half.file, key: key)
        }
        let checkpoint = ComponentCheckpoint(
            path: half.file.path, locations: locations,
            storedKey: { half.prefix + (Self.renumbered($0, by: half.offset) ?? $0) }, on: backend)
        let layers = try make(ParameterScope(checkpoint).bearing(.bfloat16))
        try checkpoint.finish()
        return layers
    }

    /// The model's names, from the list on, and the file's.
    private static func keys(of half: Half) throws(CheckpointError) -> [(name: String, key: String)] {
        var keys: [(name: String, key: String)] = []
        for key in half.file.names where key.hasPrefix(half.prefix) && !unused.contains(key) {
            guard let name = renumbered(key.dropFirst(half.prefix.count), by: -half.offset) else {
                throw .unexpectedTensors(file: half.file.path, tensors: [key])
            }
            keys.append((name, key))
        }
        return keys
    }

    /// `3.conv.0.weight` -> `2.conv.0.weight`
    private static func renumbered(_ key: some StringProtocol, by difference: Int) -> String? {
        let number = key.prefix { $0 != "." }
        guard let index = Int(number), "\(index)" == number, (0..<10_000).contains(index) else { return nil }
        return "\(index + difference)\(key[number.endIndex...])"
    }

    var configurationFile: String { decoder.file.path }

    var weights: [(file: SafetensorsFile, tensor: String)] {
        let encoder = try? encoderHalf()
        return [encoder, decoder].compactMap { $0 }.flatMap { half in
            ((try? Self.keys(of: half)) ?? []).map { (half.file, $0.key) }
        }
    }
}
