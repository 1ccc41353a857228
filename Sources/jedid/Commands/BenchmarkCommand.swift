import ArgumentParser
import ControlAPI
import Foundation
import JointDiffusion
import Tensors

/// `jedid benchmark`: what each part of a picture costs on this machine.
struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark", abstract: "Time the parts of a model on this machine.",
        discussion: """
            Each part runs once to warm up and then --repeat times; the median counts. One forward is one image and \
            one guidance branch. In joint mode the forward holds the references and one target, in cached mode it \
            reads their kept keys and values, in matched mode it includes the references' own passes. --profile tells \
            what each operation of a forward took, how fast it was, and its share.
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var additions: ModelAdditions
    @OptionGroup var packedWeights: PackedWeightOptions
    @Option(help: "Width x height in pixels; the model's own size by default.") var size: PixelSize?
    @Option(help: "How many references.") var references = 3
    @Option(
        help:
            "In modes cached and matched: the share of the references' tokens that is attended to, above 0 and to 1."
    )
    var referenceTokens = 1.0
    @Option(help: "How references are used: none, joint, cached or matched.") var mode: ReferenceMode?
    @Option(help: "Timed runs of each part.") var `repeat` = 3
    @Flag(help: "Tell what each operation of a U-Net forward takes.") var profile = false
    @Flag(name: .customLong("unet-only"), help: "Leave out the text encoder and the VAE.") var isUNetOnly =
        false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (0...64).contains(references) else {
            throw ValidationError("--references must be from 0 to 64.")
        }
        guard referenceTokens > 0, referenceTokens <= 1 else {
            throw ValidationError("--reference-tokens must be above 0 and at most 1.")
        }
        guard (1...1000).contains(`repeat`) else { throw ValidationError("--repeat must be from 1 to 1000.") }
    }

    func run() throws {
        let loaded = try model.load(with: additions) { configuration in
            let backend = try packedWeights.backend(configuration)
            return profile ? ProfilingBackend(backend) : backend
        }
        var request = GenerationRequest(prompt: "", model: loaded)
        if let size { (request.width, request.height) = (size.width, size.height) }
        try Pipeline(loaded).validate(request)
        let benchmark = ModelBenchmark(
            model: loaded, width: request.width, height: request.height, references: references,
            referenceTokens: referenceTokens, mode: mode ?? loaded.defaults.mode, repetitions: `repeat`,
            isUNetOnly: isUNetOnly)
        let report = benchmark.run()
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            print(String(decoding: try encoder.encode(report), as: UTF8.self))
        } else {
            print(report.table)
        }
    }
}
