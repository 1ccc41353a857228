import Foundation
import JointDiffusion
import Tensors

/// Writes a trained model as a diffusers folder that `jedid` and diffusers load.
public enum ModelExport {
    /// Exports a run's last snapshot.
    /// - Parameters:
    ///   - usesAverages: the moving averages instead of the parameters themselves.
    ///   - half: write all float32 weights, those that were not trained too, as float16.
    ///   - folder: is made, and must not exist.
    public static func export(
        run: RunFolder, usesAverages: Bool = true, half: Bool = false, to folder: String
    )
        throws
    {
        let (configuration, parameters) = try last(of: run, usesAverages: usesAverages)
        try write(parameters, of: Trainee(configuration), half: half, to: folder)
    }

    /// Exports what a run of LoRA added, in diffusers' names: a file for `jedid generate --lora`.
    /// - Parameter path: is made, and must not exist.
    public static func exportAdapters(run: RunFolder, usesAverages: Bool = true, to path: String) throws {
        let (configuration, parameters) = try last(of: run, usesAverages: usesAverages)
        guard configuration.loraRank > 0 else {
            throw TrainingError.contradiction(
                file: run.configurationFile,
                reason: "'lora_rank' is 0: the run trained whole weights; export it as a folder")
        }
        guard !FileManager.default.fileExists(atPath: path) else {
            throw TrainingError.unwritable(path: path, reason: "it is there already; give another name")
        }
        // The factor goes into one of the matrices: whoever reads them needs no other number.
        let factor = Float(configuration.loraScale / Double(configuration.loraRank))
        let tensors = parameters.map { name, tensor in
            let isUp = name.hasSuffix(".lora_up.weight")
            let key = name.replacing("/", with: ".").replacing(".lora_up.", with: ".lora_B.")
                .replacing(".lora_down.", with: ".lora_A.")
            return (name: key, tensor: isUp ? factor * tensor : tensor)
        }
        do { try SafetensorsWriter.write(tensors, metadata: ["format": "pt"], to: path) } catch {
            throw TrainingError.unwritable(path: path, reason: error.description)
        }
    }

    /// What a run's last snapshot holds, by component and key.
    private static func last(of run: RunFolder, usesAverages: Bool) throws
        -> (TrainingConfiguration, [(name: String, tensor: Tensor)])
    {
        let configuration = try TrainingConfiguration(file: run.configurationFile)
        guard let last = run.snapshots().last else {
            throw TrainingError.unreadable(
                file: "\(run.path)/snapshots", reason: "there is no snapshot yet")
        }
        let file: SafetensorsFile
        do { file = try SafetensorsFile(path: last.file) } catch {
            throw TrainingError.damagedSnapshot(file: last.file, reason: error.description)
        }
        let prefix = usesAverages ? "average/" : "parameter/"
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        let parameters = try file.names.filter { $0.hasPrefix(prefix) }.map {
            (name: String($0.dropFirst(prefix.count)), tensor: try file.tensor($0, on: backend))
        }
        return (configuration, parameters)
    }

    /// - Parameter parameters: by component and key, as `Trainee.parameters`.
    static func write(
        _ parameters: [(name: String, tensor: Tensor)], of trainee: Trainee, half: Bool = false,
        to folder: String
    ) throws {
        let configuration = trainee.configuration
        let parameters = trainee.weights(with: parameters)
        let files = FileManager.default
        guard !files.fileExists(atPath: folder) else {
            throw TrainingError.unwritable(path: folder, reason: "it is there already; give another name")
        }
        let part = "\(folder).\(UInt32.random(in: 0 ... .max)).partial"
        do {
            try files.createDirectory(atPath: part, withIntermediateDirectories: true)
            // 1. What the model was made from, but for the weights that were trained.
            for name in try files.contentsOfDirectory(atPath: configuration.model).sorted() {
                try copy(name, from: configuration.model, to: part, configuration)
            }
            // 2. The weights.
            for component in configuration.train {
                let own = parameters.filter { $0.name.hasPrefix("\(component.rawValue)/") }.map {
                    (name: String($0.name.dropFirst(component.rawValue.count + 1)), tensor: $0.tensor)
                }
                let stem = component == .textEncoder ? "model" : "diffusion_pytorch_model"
                try SafetensorsWriter.write(
                    own, metadata: ["format": "pt"], to: "\(part)/\(component.rawValue)/\(stem).safetensors")
            }
            // 3. What it is now.
            if configuration.train != [.vae] {
                try writeDefaults(
                    configuration, name: URL(fileURLWithPath: folder).lastPathComponent, to: part)
                try writeInputChannels(parameters, part)
            }
            if half { try roundToHalf(part) }
            guard rename(part, folder) == 0 else {
                throw TrainingError.unwritable(path: folder, reason: String(cString: strerror(errno)))
            }
        } catch {
            try? files.removeItem(atPath: part)
            if let known = error as? TrainingError { throw known }
            throw TrainingError.unwritable(path: folder, reason: "\(error)")
        }
    }

    private static func roundToHalf(_ folder: String) throws {
        let backend = CPUBackend(CPUConfiguration(threads: 1))
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
        where name.hasSuffix(".safetensors") {
            let path = "\(folder)/\(name)"
            let file = try SafetensorsFile(path: path)
            let tensors = try file.names.map { name in
                let tensor = try file.tensor(name, on: backend)
                return (name: name, tensor: tensor.elementType == .float32 ? tensor.roundedToHalf() : tensor)
            }
            for (name, tensor) in tensors where !tensor.isFinite {
                throw TrainingError.contradiction(
                    file: path, reason: "'\(name)' is too large for half precision; export without it")
            }
            try SafetensorsWriter.write(tensors, metadata: file.metadata, to: path)
        }
    }

    private static func copy(
        _ name: String, from model: String, to folder: String, _ configuration: TrainingConfiguration
    ) throws {
        let files = FileManager.default
        guard let component = configuration.train.first(where: { $0.rawValue == name }) else {
            let parts = ["unet", "vae", "text_encoder", "tokenizer", "scheduler"]
            let isPart = parts.contains(name) || name.hasSuffix(".json")
            if isPart { try files.copyItem(atPath: "\(model)/\(name)", toPath: "\(folder)/\(name)") }
            return
        }
        let target = "\(folder)/\(component.rawValue)"
        try files.createDirectory(atPath: target, withIntermediateDirectories: true)
        try files.copyItem(atPath: "\(model)/\(name)/config.json", toPath: "\(target)/config.json")
    }

    /// `jedi.json`: that the model was trained for this mode. Other defaults stay.
    private static func writeDefaults(_ configuration: TrainingConfiguration, name: String, to folder: String)
        throws
    {
        try JSONFile.edit("\(folder)/jedi.json") { object in
            object["format"] = 1
            object["mode"] = configuration.mode.rawValue
            object["name"] = name
        }
    }

    /// The U-Net may have been given more input channels.
    private static func writeInputChannels(_ parameters: [(name: String, tensor: Tensor)], _ folder: String)
        throws
    {
        guard let input = parameters.first(where: { $0.name == "unet/conv_in.weight" }) else { return }
        try JSONFile.edit("\(folder)/unet/config.json") { $0["in_channels"] = input.tensor.shape[1] }
    }
}
