import ArgumentParser
import ControlAPI
import Evaluation
import Foundation
import Images
import JointDiffusion
import Tensors

/// `jeditrain evaluate`: how well a model's pictures fit their prompts and their subjects.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Measure a model on subjects and prompts, as on DreamBench: CLIP-T, CLIP-I, DINO.",
        discussion: """
            --subjects is a folder with a folder of photos for each subject: DreamBench as it is, or others that say in a \
            subject.yaml what they show (class: dog). --prompts is DreamBench's prompts_and_classes.txt or a file with a \
            prompt a line, {class} standing for what the subject is. Pictures are made in OUT/pictures; those that are \
            there are kept, so a run that was interrupted goes on. Pictures that another program made are measured with \
            --pictures: DIR/SUBJECT/07.png or 07-2.png is of the seventh prompt. Each picture is compared with all \
            photos of its subject. MCLIP-I and MDINO need masks of photos and pictures, white where the subject is: \
            masks/NAME.png in their folder.
            """)

    @Option(
        help: ArgumentHelp("The model: a diffusers folder, or a safetensors file.", valueName: "path"),
        completion: .directory)
    var model: String?
    @Option(
        help: ArgumentHelp("Measure the pictures in this folder instead of making any.", valueName: "dir"),
        completion: .directory)
    var pictures: String?
    @Option(
        help: ArgumentHelp("The folder of the subjects' folders.", valueName: "dir"), completion: .directory)
    var subjects: String
    @Option(
        help: ArgumentHelp(
            "The prompts; the subjects' folder's \(EvaluationPrompts.dreamBenchName) by default.",
            valueName: "file"), completion: .file())
    var prompts: String?
    @Option(
        help: ArgumentHelp("A CLIP model in transformers' layout (ViT-B/32).", valueName: "dir"),
        completion: .directory)
    var clip: String
    @Option(
        help: ArgumentHelp("A DINO model in transformers' layout (ViT-S/16).", valueName: "dir"),
        completion: .directory)
    var dino: String
    @Option(
        help: ArgumentHelp(
            "Where pictures, evaluation.json and contact-sheet.png go.", valueName: "dir"),
        completion: .directory)
    var out: String
    @Option(
        parsing: .upToNextOption, help: ArgumentHelp("Only these subjects.", valueName: "subject"))
    var only: [String] = []
    @Option(
        help: ArgumentHelp("Photos that the model is shown, the first by name; 3 by default.", valueName: "n")
    )
    var references: Int?
    @Option(help: ArgumentHelp("Pictures of each prompt; 1 by default.", valueName: "n")) var samples: Int?
    @Option(help: "Seed of everything; 0 by default.") var seed: UInt64?
    @Option(help: "How references are used: none, joint, cached or matched.") var mode: ReferenceMode?
    @Option(help: "Denoising steps.") var steps: Int?
    @Option(help: "How noise becomes a picture.") var sampler: SamplerKind?
    @Option(parsing: .unconditional, help: "Guidance towards the prompt; 1 is none.") var guidance: Double?
    @Option(
        parsing: .unconditional, help: "Guidance towards the references; makes three guidance branches.")
    var imageGuidance: Double?
    @Option(help: "What the model's products compute with: f32, the default, bf16 or int8.")
    var precision: Precision?
    @Option(help: ArgumentHelp("Threads; as many as processors by default.", valueName: "n")) var threads:
        Int?

    func validate() throws {
        guard (model == nil) != (pictures == nil) else {
            throw ValidationError("Give either --model, to make pictures, or --pictures, to measure some.")
        }
        if pictures != nil {
            let given = [
                ("--mode", mode != nil), ("--steps", steps != nil), ("--sampler", sampler != nil),
                ("--guidance", guidance != nil), ("--image-guidance", imageGuidance != nil),
                ("--references", references != nil), ("--samples", samples != nil), ("--seed", seed != nil),
                ("--precision", precision != nil),
            ].filter(\.1).map(\.0)
            guard given.isEmpty else {
                throw ValidationError(
                    "\(given.joined(separator: ", ")): it says how pictures are made, and --pictures makes none. Leave "
                        + "it out.")
            }
        }
        for (name, value, range) in [
            ("--references", references ?? 1, 0...16), ("--samples", samples ?? 1, 1...100),
            ("--threads", threads ?? 1, 1...1024),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound).")
        }
        for (name, value) in [("--guidance", guidance), ("--image-guidance", imageGuidance)] {
            guard value?.isFinite ?? true else { throw ValidationError("\(name) must be a finite number.") }
        }
        for (name, value) in [
            ("--model", model), ("--pictures", pictures), ("--subjects", subjects), ("--prompts", prompts),
            ("--clip", clip), ("--dino", dino), ("--out", out),
        ] where value?.isEmpty == true {
            throw ValidationError("\(name) is empty; it must be the name of a file or a folder.")
        }
    }

    func run() throws {
        WaitPolicy.apply()
        // 1. Everything that is given is looked at before the long work.
        let list = try EvaluationPrompts.read(prompts, subjects: subjects)
        let subjects = try SubjectFolder.subjects(
            in: self.subjects, only: only.isEmpty ? nil : only, prompts: list)
        let scorer = PictureScorer(
            clip: try CLIPModel(folder: clip, on: backend()), dino: try DINOModel(folder: dino, on: backend())
        )
        do {
            try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        } catch { throw EvaluationError.unwritable(out, error) }
        // 2. The pictures.
        let folder = pictures ?? "\(out)/pictures"
        let (made, making) = try model.map { try make(with: $0, subjects, list, in: folder) } ?? ([], nil)
        let entries = try subjects.indices.map { index in
            try making == nil
                ? PictureFolder.find(
                    subject: subjects[index].name, in: folder,
                    prompts: list.prompts(for: subjects[index].noun).count)
                : made[index]
        }
        // 3. The scores.
        let total = zip(subjects, entries).reduce(0) { $0 + $1.0.photos.count + $1.1.count }
        let line = TimedProgressLine(total: total, of: "measured photo or picture")
        let reports = try zip(subjects, entries).map { subject, entries in
            try scorer.score(subject, prompts: list.prompts(for: subject.noun), pictures: entries) {
                line.advance()
            }
        }
        let report = EvaluationReport(
            program: "jeditrain \(ProductVersion.current)", making: making, pictures: folder, clip: clip,
            dino: dino, prompts: list.file, subjects: reports)
        let sheet = try EvaluationSheet.lay(
            zip(subjects, entries).map { ($0.photos, $1.map(\.file)) })
        try write(try report.json(), to: "\(out)/evaluation.json")
        try write(Data(try PNGEncoder.encode(sheet)), to: "\(out)/contact-sheet.png")
        print(report.table())
    }

    private func backend(_ precision: Precision = .float32) -> CPUBackend {
        CPUBackend(CPUConfiguration(threads: threads, precision: precision, narrows: true))
    }

    /// Makes the pictures that are missing, with a model that is gone afterwards.
    private func make(
        with model: String, _ subjects: [EvaluationSubject], _ list: EvaluationPrompts, in folder: String
    ) throws -> ([[PictureFolder.Entry]], EvaluationReport.Making?) {
        let settings = PictureSettings(
            references: references ?? 3, samples: samples ?? 1, seed: seed ?? 0, mode: mode, sampler: sampler,
            steps: steps, guidance: guidance, imageGuidance: imageGuidance)
        let precision = precision ?? .float32
        let generator = try PictureGenerator(
            try DiffusionModel(folder: model, on: backend(precision)), settings: settings,
            precision: precision, version: "jeditrain \(ProductVersion.current)")
        let missing = try subjects.map {
            try generator.missing(of: $0, prompts: list.prompts(for: $0.noun), in: folder)
        }
        let line = TimedProgressLine(total: missing.reduce(0, +), of: "made picture")
        let pictures = try subjects.map { subject in
            try generator.pictures(of: subject, prompts: list.prompts(for: subject.noun), in: folder) {
                line.advance()
            }
        }
        return (pictures, generator.making)
    }

    private func write(_ data: Data, to path: String) throws {
        do { try data.write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
            throw EvaluationError.unwritable(path, error)
        }
    }
}
