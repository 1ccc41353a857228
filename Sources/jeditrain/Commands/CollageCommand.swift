import ArgumentParser
import Collage
import ControlAPI
import Foundation
import JointDiffusion
import Tensors

/// `jeditrain collage`: subjects drawn by a text-to-image model, as folders that the trainer and `jedid` take.
struct CollageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collage", abstract: "Draw sets of pictures of one subject with a text-to-image model.",
        discussion: """
            The paper's way to training data. For every subject the model draws pictures together, each attending to \
            the others, or one collage that is split; finds the subject in each; drops the set where the subjects \
            are not alike; and draws new backgrounds round the others. A set that is kept is a folder in OUT with \
            photos, manifest.jsonl and subject.yaml, masks and facts in a hidden .collage; what was dropped, and why, \
            is in OUT/.collage, as is a contact sheet. A run that was interrupted, however it ended, goes on where it \
            was, to the same bytes on the same processor with as many threads.

            Subjects come from --prompts, a line 'class | subject | scene; scene' each (| or a tab; without scenes \
            those of --scenes or of the toybox serve), or from the words of the toybox.
            """)

    @Option(
        help: ArgumentHelp(
            "The checkpoint that draws: a diffusers folder, or a safetensors file.", valueName: "path"))
    var model: String
    @Option(
        help: ArgumentHelp("The folder for the subjects' folders.", valueName: "dir"), completion: .directory)
    var out: String
    @Option(help: ArgumentHelp("How many subjects; all lines of --prompts by default.", valueName: "n"))
    var subjects: Int?
    @Option(help: ArgumentHelp("Number of the first subject.", valueName: "i")) var first = 0
    @Option(help: ArgumentHelp("Pictures of each; 4, or as many as panels.", valueName: "k")) var images: Int?
    @Option(help: ArgumentHelp("Seed of everything.", valueName: "s")) var seed: UInt64 = 0
    @Option(help: ArgumentHelp("Subjects, one a line.", valueName: "file"), completion: .file()) var prompts:
        String?
    @Option(
        help: ArgumentHelp("Scenes, as in 'on the beach', one a line.", valueName: "file"),
        completion: .file())
    var scenes: String?
    @Option(
        name: .customLong("kind"), parsing: .upToNextOption,
        help: "Without --prompts: only these classes, in turns.")
    var kinds: [String] = []
    @Option(
        help: ArgumentHelp(
            "joint: drawn together; RxC, as in 2x2: one picture of R rows and C columns, split; alone: to compare with.",
            valueName: "way"))
    var draw = CollageDrawing.joint
    @Flag(help: "Leave out panels whose borders are not found, instead of splitting evenly there.")
    var needBorders = false
    @Option(help: ArgumentHelp("Width and height of a picture; the model's by default.", valueName: "WxH"))
    var size: PixelSize?
    @Option(help: "Denoising steps.") var steps: Int?
    @Option(help: "How noise becomes a picture.") var sampler: SamplerKind?
    @Option(parsing: .unconditional, help: "Guidance towards the prompt; 1 is none.") var guidance: Double?
    @Option(parsing: .unconditional, help: "What no picture shows.") var negativePrompt = ""
    @Option(help: "How subjects are found: auto, attention (to the class's word) or saliency (colours).")
    var masks = MaskSource.auto
    @Option(
        help: ArgumentHelp(
            "Judge likeness with DINO, a model in transformers' layout (ViT-S/16).", valueName: "dir"),
        completion: .directory)
    var dino: String?
    @Option(
        help: ArgumentHelp("Judge likeness with CLIP, in transformers' layout.", valueName: "dir"),
        completion: .directory)
    var clip: String?
    @Option(
        help: ArgumentHelp("Judge likeness with the toybox's judge: for drawn toys.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var judge: String?
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Sets whose mean similarity is below are dropped: 0.7 for colours and DINO, 0.8 for CLIP, 0.6 for the judge.",
            valueName: "0...1"))
    var threshold: Double?
    @Flag(help: "Keep the backgrounds as they were drawn.") var keepBackgrounds = false
    @Option(help: ArgumentHelp("How often a picture on its way is kept on disk.", valueName: "seconds"))
    var keepEvery = 60.0
    @Option(help: ArgumentHelp("Threads; as many as processors by default.", valueName: "n")) var threads:
        Int?

    func validate() throws {
        for (name, value, range) in [
            ("--subjects", subjects ?? 1, 1...10_000_000), ("--images", images ?? 2, 2...64),
            ("--first", first, 0...1_000_000_000), ("--threads", threads ?? 1, 1...1024),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound).")
        }
        guard !out.isEmpty else { throw ValidationError("--out is empty; it must be the name of a folder.") }
        guard subjects != nil || prompts != nil else {
            throw ValidationError("Say how many: --subjects N, or --prompts FILE with a line for each.")
        }
        guard kinds.isEmpty || prompts == nil else {
            throw ValidationError("--kind is for the built-in words. Leave it out, or --prompts.")
        }
        if let images, let panels = draw.panelCount, images != panels {
            throw ValidationError(
                "--draw \(draw) gives \(panels) pictures, not \(images). Leave out --images.")
        }
        guard [dino, clip, judge].compactMap(\.self).count < 2 else {
            throw ValidationError(
                "Give one of --dino, --clip and --judge; without them colours are compared.")
        }
        if let threshold, !(-1...1).contains(threshold) {
            throw ValidationError("--threshold is \(threshold); it must be from -1 to 1.")
        }
        guard guidance?.isFinite ?? true, keepEvery.isFinite, keepEvery >= 0 else {
            throw ValidationError("--guidance and --keep-every must be finite, --keep-every not below 0.")
        }
    }

    func run() throws {
        WaitPolicy.apply()
        let source = try promptSource()
        let configuration = CPUConfiguration(threads: threads)
        let backend = CPUBackend(configuration)
        let model = try DiffusionModel(ModelSource(path: model), on: backend)
        let embedding = try embedding(on: backend)
        let run = try CollageRun(
            order: order(for: model, embedding), numbers: first..<first + (subjects ?? source.count ?? 1),
            prompts: source,
            model: model, embedding: embedding, folder: out,
            context: "\(ProductVersion.current) \(configuration)")
        run.keepEvery = keepEvery
        let long = run.longCaptions
        if let first = long.first {
            FileHandle.standardError.write(
                Data(
                    "\(long.count) captions are longer than the model reads, which passes over their end; the first: \(first)\n"
                        .utf8))
        }
        let line = CollageProgressLine()
        defer { line.finish() }
        let summary = try run.run { line.show($0) }
        line.finish()
        print(
            "\(out): sets kept: \(summary.kept), dropped: \(summary.dropped) (of both, there already: "
                + "\(summary.found)), pictures: \(summary.pictures)")
        if summary.kept > 0 { print("to look at: \(run.sheetFile)") }
    }

    private func promptSource() throws -> any CollagePrompts {
        let scenes = try scenes.map { try PromptList.scenes(file: $0) } ?? []
        guard let prompts else { return PromptGrammar(kinds: kinds, scenes: scenes) }
        return try PromptList(file: prompts, scenes: scenes.isEmpty ? PromptGrammar.scenes : scenes)
    }

    private func embedding(on backend: any Backend) throws -> any ImageEmbedding {
        if let dino { return try EncoderEmbedding.dino(folder: dino, on: backend) }
        if let clip { return try EncoderEmbedding.clip(folder: clip, on: backend) }
        if let judge { return try JudgeEmbedding(judge, on: backend) }
        return ColorLayoutEmbedding()
    }

    private func order(for model: DiffusionModel, _ embedding: any ImageEmbedding) -> CollageOrder {
        var order = CollageOrder(
            model: model, seed: seed, images: draw.panelCount ?? images ?? 4, drawing: draw)
        if let size { (order.width, order.height) = (size.width, size.height) }
        if let steps { order.steps = steps }
        if let sampler { order.sampler = sampler }
        if let guidance { order.guidance = guidance }
        (order.negativePrompt, order.masks) = (negativePrompt, masks)
        order.threshold = threshold ?? embedding.threshold
        (order.repaintsBackgrounds, order.needsBorders) = (!keepBackgrounds, needBorders)
        return order
    }

}

extension CollageDrawing: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

extension MaskSource: ExpressibleByArgument {}
