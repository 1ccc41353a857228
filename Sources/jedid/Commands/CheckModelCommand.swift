import ArgumentParser
import Foundation
import JointDiffusion
import Tensors

/// `jedid check-model`: whether a folder holds a model that can be used, for `jedictl model check`.
struct CheckModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-model", abstract: "Load a model as strictly as the daemon does and describe it.",
        discussion: """
            Exits with 1 where it cannot be used. With --json, what is printed is {"usable": true, ...}, or \
            {"usable": false, "error": "..."}.
            """, shouldDisplay: false)

    @Argument(help: "The checkpoint: a diffusers folder, or a safetensors file in the original layout.")
    var folder: String
    @Option(help: "What products compute with: f32, bf16 or int8.") var precision: Precision = .float32
    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let report: ModelReport
        do { report = try ModelReport(folder: folder, precision: precision) } catch {
            guard json else { throw error }
            try print(ModelRefusal(error: "\(error)"))
            throw ExitCode.failure
        }
        if json { try print(report) } else { Swift.print(report.text) }
    }

    private func print(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        Swift.print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}

/// What is known of a model that can be used.
struct ModelReport: Encodable {
    let usable = true
    let folder: String
    let name: String
    /// SHA-256 of what decides what it computes, hexadecimal.
    let hash: String
    let width: Int
    let height: Int
    let mode: String
    let steps: Int
    let sampler: String
    let guidance: Double
    let imageGuidance: Double?
    /// Numbers in the checkpoint.
    let parameters: Int
    let precision: String
    /// Bytes for a picture of its own size with four references.
    let memoryBytes: Int

    init(folder: String, precision: Precision) throws {
        let model = try DiffusionModel(
            folder: folder, on: CPUBackend(CPUConfiguration(threads: 1, precision: precision, narrows: true)))
        let memory = model.memory(precision: precision, packsOnDisk: true)
        self.folder = folder
        name = model.defaults.name
        hash = try ModelHash.compute(folder: folder)
        (width, height) = (model.width, model.height)
        mode = model.defaults.mode.rawValue
        steps = model.defaults.steps
        sampler = model.defaults.sampler.rawValue
        guidance = model.defaults.guidance
        imageGuidance = model.defaults.imageGuidance
        parameters = model.parameterCount
        self.precision = precision.rawValue
        memoryBytes = memory.needed(
            width: model.width, height: model.height, mode: model.defaults.mode, references: 4)
    }

    /// For people.
    var text: String {
        """
        \(name)  \(hash.prefix(10))
        \(width)x\(height), mode \(mode), \(steps) steps of \(sampler), \(parameters / 1_000_000) M parameters
        about \(memoryBytes >> 20) MiB for a picture with four references (\(precision))
        """
    }
}

/// Why a model cannot be used.
private struct ModelRefusal: Encodable {
    let usable = false
    let error: String
}
