import ArgumentParser
import Foundation
import Training

/// `jeditrain export`: a run's model as a folder that `jedid` and diffusers load.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a run's model as a diffusers folder, or its LoRA as a file.",
        discussion: """
            The last snapshot's moving averages, unless --raw asks for the parameters themselves. A run with lora_rank is \
            written as a whole model with the LoRA merged into it; or, if MODEL ends in .safetensors, as that LoRA alone, \
            for jedid's --lora.
            """)

    @Argument(help: "The run's folder.", completion: .directory) var folder: String
    @Argument(help: "The folder, or the .safetensors file, to make.", completion: .directory) var model:
        String
    @Flag(help: "The parameters of the last step instead of their averages.") var raw = false

    @Flag(help: "Write all weights in half precision.") var half = false

    func run() throws {
        guard FileManager.default.fileExists(atPath: "\(folder)/config.yaml") else {
            throw CommandError("\(folder) is no run's folder: it has no config.yaml.")
        }
        guard !model.hasSuffix(".safetensors") else {
            try ModelExport.exportAdapters(run: RunFolder(reading: folder), usesAverages: !raw, to: model)
            print("\(model): written. To use it: jedid generate --lora \(model)")
            return
        }
        try ModelExport.export(run: RunFolder(reading: folder), usesAverages: !raw, half: half, to: model)
        print("\(model): written. To try it: jedid check-model \(model)")
    }
}
