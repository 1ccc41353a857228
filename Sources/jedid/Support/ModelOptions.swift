import ArgumentParser
import ControlAPI
import Foundation
import JointDiffusion
import Tensors

/// Which model computes, and with how many threads.
struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The checkpoint: a diffusers folder, or a safetensors file in the original layout. By default $JEDID_MODEL, \
            else the model that comes along.
            """, valueName: "path"))
    var model: String?
    @Option(
        name: .customLong("precision"),
        help: """
            What products compute with: f32; bf16 (half the memory, three quarters of the time with AVX2 and half with \
            AVX-512 BF16; pictures differ slightly); int8 (a quarter of the U-Net's memory, as fast with AVX2 and \
            faster with AVX-512 VNNI; pictures differ more); or auto, bf16 where it is faster and f32 elsewhere.
            """)
    var chosenPrecision: PrecisionChoice?
    var precision: Precision {
        (chosenPrecision ?? .float32).resolved(CPUConfiguration(threads: threads, narrows: true).isFaster)
    }
    @Option(help: "Threads that compute; all processors by default.") var threads: Int?

    func validate() throws {
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads is \(threads); it must be from 1 to 1024.")
        }
    }

    /// The folder or file that is meant; an error says where was looked.
    func folder() throws -> String {
        if let model, model.isEmpty { throw CommandError("--model is empty. Name the checkpoint.") }
        if let model { return model }
        if let model = ProcessInfo.processInfo.environment["JEDID_MODEL"], !model.isEmpty { return model }
        if let embedded = Self.embedded { return embedded }
        throw CommandError(
            "No model was named and none came along (looked in \(Self.embeddedModels.joined(separator: ", "))). "
                + "Give --model PATH or set JEDID_MODEL.")
    }

    /// Refuses a mask of the processor's features that means nothing.
    static func checkMask() throws {
        if let mask = CPUConfiguration.unknownMask {
            let allowed = CPUConfiguration.InstructionSet.allCases.map(\.rawValue).joined(separator: ", ")
            throw CommandError("JEDI_CPU is '\(mask)'. Unset it, or set it to one of \(allowed).")
        }
    }

    /// How the processor is used; integers stand in for a precision that it does not have.
    func configuration() throws -> CPUConfiguration {
        try Self.checkMask()
        return CPUConfiguration(threads: threads, precision: precision, narrows: true)
    }

    func load(
        with additions: ModelAdditions, on backend: (CPUConfiguration) throws -> any Backend
    ) throws -> DiffusionModel {
        try DiffusionModel(try additions.source(try folder()), on: try backend(try configuration()))
    }

    /// The model that came along, if one did.
    static var embedded: String? {
        embeddedModels.first { FileManager.default.fileExists(atPath: "\($0)/model_index.json") }
    }

    /// Where an installation has it (beside `bin`), then where the source tree has it.
    static var embeddedModels: [String] {
        let link = "/proc/self/exe"
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: link)) ?? ""
        var folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
        var candidates = [
            folder.deletingLastPathComponent().appendingPathComponent("share/jedi/Models/toybox").path
        ]
        while folder.path != "/" {
            if folder.lastPathComponent == ".build" {
                candidates.append(
                    folder.deletingLastPathComponent().appendingPathComponent("Models/toybox").path)
            }
            folder.deleteLastPathComponent()
        }
        return candidates
    }
}

extension Precision: ExpressibleByArgument {}
extension PrecisionChoice: ExpressibleByArgument {}
extension PixelSize: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}
