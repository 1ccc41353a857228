import ArgumentParser
import Foundation
import Images
import JointDiffusion
import Tensors
import ToyboxEvaluation

/// `jeditrain evaluate-toybox`: whether a model knows a toy again, and does as it is told.
struct EvaluateToyboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate-toybox",
        abstract: "Measure whether a model keeps toys that it never saw, and follows prompts.",
        discussion: """
            For every held-out toy the model is shown photos and asked for a picture in a scene that none of them shows, in \
            words that name only the kind and the place. A small network (jeditrain judge) then says which of 16 toys of \
            that kind the picture shows, and which scene. A picture that is a reference over again counts as neither. \
            Rows above the model's: what true pictures score, the same after the model's VAE, and a pasted reference. \
            Without --model only those are measured.
            """)

    @Option(help: ArgumentHelp("The model's folder.", valueName: "dir"), completion: .directory)
    var model: String?
    @Option(
        help: ArgumentHelp("The judge's weights.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var judge = JudgeFile.default
    @Option(help: ArgumentHelp("How many toys.", valueName: "n")) var subjects = 200
    @Option(help: ArgumentHelp("Numbers of references, 0 to 4.", valueName: "n,n")) var references = "0,1,2,3"
    @Option(
        help: ArgumentHelp("joint, cached or matched; the model's own by default.", valueName: "mode,mode"))
    var mode: String?
    @Option(help: ArgumentHelp("Guidance; the model's own by default.", valueName: "s,s")) var guidance:
        String?
    @Option(
        help: ArgumentHelp(
            "Weight of the references' branch, or 'none' for two branches.", valueName: "s,s"))
    var imageGuidance: String?
    @Option(help: ArgumentHelp("Sampling steps; the model's own by default.", valueName: "n")) var steps: Int?
    @Option(help: ArgumentHelp("Sampler; the model's own by default.", valueName: "name"))
    var sampler: String?
    @Option(
        help:
            "What the model's products compute with: f32, bf16 or int8; the numbers are rounded to it where the processor lacks it."
    )
    var precision = Precision.float32
    @Option(
        help: ArgumentHelp(
            "Seed of toys, scenes and noise. Numbers of toys that trainers never take make them unseen with any seed.",
            valueName: "s"))
    var seed: UInt64 = 20_261
    @Option(help: ArgumentHelp("Trials at the same time; as many as processors by default.", valueName: "n"))
    var jobs: Int?
    @Option(
        help: ArgumentHelp(
            "Write references and pictures, with frames that say what is right.", valueName: "file.png"),
        completion: .file(extensions: ["png"]))
    var sheet: String?
    @Option(help: ArgumentHelp("Toys on the sheet.", valueName: "n")) var sheetSubjects = 12
    @Option(
        help: ArgumentHelp("Write the figures and every verdict.", valueName: "file.json"),
        completion: .file(extensions: ["json"]))
    var json: String?

    func validate() throws {
        for (name, value, range) in [
            ("--subjects", subjects, 1...1_000_000), ("--steps", steps ?? 1, 1...1000),
            ("--jobs", jobs ?? 1, 1...1024), ("--sheet-subjects", sheetSubjects, 1...200),
        ] {
            guard range.contains(value) else {
                throw ValidationError(
                    "\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound).")
            }
        }
        // What the model does not say, people may have said wrongly.
        _ = try setups(mode: .joint, guidance: 1, imageGuidance: nil)
        _ = try samplerKind()
    }

    func run() throws {
        WaitPolicy.apply()
        for path in [sheet, json].compactMap({ $0 }) { try OutputFile.check(path) }
        var measure = ToyboxMeasure(model: model, judge: judge)
        measure.subjects = subjects
        measure.seed = seed
        measure.steps = steps
        measure.sampler = try samplerKind()
        measure.precision = precision
        measure.jobs = jobs ?? measure.jobs
        measure.shown = sheet == nil ? 0 : sheetSubjects
        if let model {
            let own = try ModelDefaults(folder: model)
            measure.setups = try setups(
                mode: own.mode, guidance: own.guidance, imageGuidance: own.imageGuidance)
        }
        let progress = ProgressLine(total: subjects, of: "subject")
        defer { progress.finish() }
        let report = try measure.run { progress.advance() }
        progress.finish()
        print(report.table)
        print(String(format: "%.0f s", report.seconds))
        if let json { try OutputFile.write(report.json, to: json) }
        if let sheet, let picture = report.sheet {
            try OutputFile.write(Data(PNGEncoder.encode(picture)), to: sheet)
        }
    }

    /// - Parameters: the model's own settings.
    private func setups(mode ownMode: ReferenceMode, guidance own: Double, imageGuidance ownImage: Double?)
        throws -> [ToyboxSetup]
    {
        let most = ToyboxTrial.maximumReferences
        let counts = try list("--references", references, "numbers from 0 to \(most), as 0,1,3") {
            Int($0).flatMap { (0...most).contains($0) ? $0 : nil }
        }
        let modes = try mode.map {
            try list("--mode", $0, "joint, cached or matched, or several, as joint,cached") {
                ReferenceMode(rawValue: $0).flatMap { $0 == .none ? nil : $0 }
            }
        }
        let scales = try guidance.map {
            try list("--guidance", $0, "numbers, as 2.5,4") { Double($0).flatMap { $0.isFinite ? $0 : nil } }
        }
        let imageScales = try imageGuidance.map {
            try list("--image-guidance", $0, "numbers or none, as none,1.5") { text -> Double?? in
                if text == "none" { return .some(nil) }
                return Double(text).flatMap { $0.isFinite ? .some($0) : nil }
            }
        }
        // The model's own image guidance belongs to its own guidance.
        return ToyboxSetup.all(
            references: counts, modes: modes ?? [ownMode], guidance: scales ?? [own],
            imageGuidance: imageScales ?? [guidance == nil ? ownImage : nil])
    }

    private func samplerKind() throws -> SamplerKind? {
        guard let sampler else { return nil }
        guard let kind = SamplerKind(rawValue: sampler) else {
            let known = SamplerKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--sampler is '\(sampler)'; it must be one of \(known).")
        }
        return kind
    }

    private func list<Value>(_ name: String, _ text: String, _ allowed: String, _ parse: (String) -> Value?)
        throws -> [Value]
    {
        let values = text.split(separator: ",").map {
            parse($0.trimmingCharacters(in: .whitespaces))
        }
        let known = values.compactMap { $0 }
        guard !known.isEmpty, known.count == values.count else {
            throw ValidationError("\(name) is '\(text)'; it must be \(allowed).")
        }
        return known
    }
}
