import ArgumentParser
import ControlAPI
import Foundation
import Images
import JointDiffusion
import SubjectDaemon
import Tensors

/// `jedid generate`: one set of pictures, here and now, without the daemon.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Make a picture from a prompt and reference photos.",
        discussion: """
            Without --mode, --steps, --sampler and the two guidances, the model's own defaults hold (its jedi.json); \
            a --guidance given alone means two guidance branches. With --count N, pictures use the seeds \
            SEED ... SEED+N-1 and are written to OUT-1.png ... OUT-N.png.
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var additions: ModelAdditions
    @OptionGroup var packedWeights: PackedWeightOptions
    @Option(
        name: .customLong("reference"), parsing: .upToNextOption,
        help: ArgumentHelp(
            "Photos of the subject (\(ImageFormat.decoded.map(\.name).joined(separator: ", "))).",
            valueName: "file"))
    var references: [String] = []
    // A prompt may begin with a dash, and a guidance with a minus.
    @Option(parsing: .unconditional, help: "What the picture shows.") var prompt: String
    @Option(parsing: .unconditional, help: "What it does not show.") var negativePrompt = ""
    @Option(help: "How references are used: none, joint, cached or matched.") var mode: ReferenceMode?
    @Option(help: "Denoising steps.") var steps: Int?
    @Option(help: "How noise becomes a picture; lcm is for few steps with an LCM-LoRA.")
    var sampler: SamplerKind?
    @Flag(
        name: .customLong("weights"),
        help: "Have (word:1.2), (word) and [word] make words count more or less; \\( is a bracket.")
    var hasWeights = false
    @Option(help: "Which of the text encoder's layers counts, from the last: 1 the last, 2 the one before.")
    var clipSkip: Int?
    @Option(help: "How much noise ddim adds on its way, from 0 to 1.") var eta: Double?
    @Option(parsing: .unconditional, help: "Guidance towards the prompt; 1 is none.") var guidance: Double?
    @Option(
        parsing: .unconditional, help: "Guidance towards the references; makes three guidance branches.")
    var imageGuidance: Double?
    @Option(
        help: """
            Attend to this share of the references' tokens only, those that count most, in modes cached and matched: \
            faster, and nearly the same. From above 0 to 1.
            """)
    var referenceTokens: Double?
    @Option(
        help: """
            Run the network's levels below the finest in each so manieth step only; the steps between take what they \
            gave: faster, and nearly the same.
            """)
    var deepEvery: Int?
    @Option(
        help: ArgumentHelp(
            "Guide within these noise levels only, as 0.3-5: fewer passes.", valueName: "from-to"),
        transform: { text in
            guard let interval = ClosedRange(noiseLevels: text) else {
                throw ValidationError("It must be \(ClosedRange.noiseLevelsAllowed).")
            }
            return interval
        })
    var guidanceInterval: ClosedRange<Double>?
    @Option(help: "Width x height in pixels; the model's own size by default.") var size: PixelSize?
    @OptionGroup var startOptions: StartOptions
    @OptionGroup var previewOptions: PreviewOptions
    @Flag(
        inversion: .prefixedNo,
        help: """
            Decode the picture in squares of 64 latents that overlap by 16, or whole: memory follows the squares, and the \
            picture is nearly the same. By default squares where the whole takes more than 4 GiB.
            """)
    var vaeTiling: Bool?
    private var tiling: VAETiling.Choice {
        vaeTiling.map { $0 ? .squares(VAETiling()) : .whole } ?? .automatic
    }
    @Option(help: "How many pictures.") var count = 1
    @Option(help: "Seed of the first picture; random by default.") var seed: UInt64?
    @Option(help: ArgumentHelp("Start from the noise in this safetensors file.", valueName: "file"))
    var noise: String?
    @Option(help: ArgumentHelp("Also write the final latents as safetensors.", valueName: "file"))
    var saveLatent: String?
    @Option(name: .shortAndLong, help: "The PNG file to write.") var output: String

    func validate() throws {
        guard (1...1000).contains(count) else {
            throw ValidationError("--count is \(count); it must be from 1 to 1000.")
        }
        for (name, value) in [("--guidance", guidance), ("--image-guidance", imageGuidance)] {
            guard value?.isFinite ?? true else { throw ValidationError("\(name) must be a finite number.") }
        }
    }

    func run() throws {
        let outputs = count == 1 ? [output] : (1...count).map { OutputFile.numbered(output, $0) }
        try OutputFile.check(outputs + [saveLatent, previewOptions.preview].compactMap { $0 })
        let photos = try references.map(photo)
        let pipeline = Pipeline(try model.load(with: additions, on: packedWeights.backend))
        let request = request(for: pipeline.model)
        try pipeline.validate(request)
        let encoded = try photos.map { photo in
            try naming(photo.path) {
                Pipeline.Reference(
                    latent: try photo.encoded(by: pipeline, width: request.width, height: request.height),
                    noiseSeed: PhotoFile.noiseSeed(contentHash: photo.contentHash))
            }
        }
        let start = try startOptions.load(for: request, by: pipeline) { try photo($0) }
        let given = try noise.map {
            try NoiseFile(path: $0).noise(for: request, references: encoded.count, on: pipeline.model.backend)
        }
        var previews = try previewOptions.writer(for: pipeline.model)
        let meter = ProgressMeter()
        let latents = try pipeline.generate(
            request, references: encoded, noise: given, start: start?.picture.start
        ) {
            meter.show($0.progress)
            previews?.show($0)
        }
        meter.finish()
        if let saveLatent {
            try LatentFile.write(latents, references: encoded.map(\.latent), to: saveLatent)
        }
        let hash = try ModelHash.compute(pipeline.model.source)
        for (index, seed) in request.seeds.enumerated() {
            var pixels = try pipeline.decode(
                latents[rows: index..<index + 1], tiling: tiling)
            start?.picture.keepKnown(in: &pixels)
            var record = GenerationRecord(
                request: request, seed: seed, modelName: pipeline.model.defaults.name, modelHash: hash,
                references: request.mode == .none
                    ? [] : photos.map { .init(name: $0.name, hash: $0.contentHash) },
                precision: model.precision, version: "jedid \(ProductVersion.current)")
            (record.start, record.mask) = (start?.photoName, start?.maskName)
            record.adapters = pipeline.model.source.adapters.map(\.shortName)
            let png = try PictureFile.png(pixels: pixels, record: record)
            try OutputFile.write(png, to: outputs[index])
            meter.report("\(outputs[index]) (seed \(seed))")
        }
    }

    /// However small: whoever names a file means it.
    private func photo(_ path: String) throws -> PhotoFile {
        var limits = ImageLimits.default
        limits.minimumSide = 1
        return try naming(path) { try PhotoFile(path: path, limits: limits) }
    }

    /// A rejected photo's message names the file.
    private func naming<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let rejection as PhotoRejection {
            throw CommandError("\(path): \(rejection.reason)")
        }
    }

    private func request(for model: DiffusionModel) -> GenerationRequest {
        let first = seed ?? UInt64(UInt32.random(in: 0...UInt32.max))
        var request = GenerationRequest(
            prompt: prompt, model: model, seeds: (0..<UInt64(count)).map { first &+ $0 })
        request.negativePrompt = negativePrompt
        if let mode { request.mode = mode }
        if let steps { request.steps = steps }
        if let sampler { request.sampler = sampler }
        request.eta = eta
        request.clipSkip = clipSkip
        request.referenceTokens = referenceTokens
        request.deepEvery = deepEvery
        request.guidanceInterval = guidanceInterval
        if hasWeights { request.hasWeights = true }
        request.strength = startOptions.effectiveStrength
        request.guide(prompt: guidance, references: imageGuidance)
        if let size { (request.width, request.height) = (size.width, size.height) }
        if references.isEmpty && request.mode != .joint { request.mode = .none }
        return request
    }
}

extension ReferenceMode: ExpressibleByArgument {}
extension SamplerKind: ExpressibleByArgument {}
