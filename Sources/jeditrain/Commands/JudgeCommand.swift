import ArgumentParser
import Foundation
import Tensors
import ToyboxEvaluation

/// `jeditrain judge`: the network that tells toys apart.
struct JudgeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "judge", abstract: "Train the judge that evaluates models of the toybox.",
        discussion: """
            From nothing, and with toys that are never evaluated with, in some minutes: it goes through in one go and \
            cannot be resumed, but the file is written anew now and then. How good it is: jeditrain evaluate-toybox \
            --judge FILE
            """)

    @Option(
        help: ArgumentHelp("The safetensors file to write.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var out: String
    @Option(help: ArgumentHelp("Steps.", valueName: "n")) var steps = JudgeTraining.Settings().steps
    @Option(help: ArgumentHelp("Seed of everything.", valueName: "s")) var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Threads; as many as processors by default.", valueName: "n")) var threads:
        Int?

    func validate() throws {
        for (name, value, range) in [
            ("--steps", steps, 1...10_000_000), ("--threads", threads ?? 1, 1...1024),
        ] {
            guard range.contains(value) else {
                throw ValidationError(
                    "\(name) is \(value); it must be from \(range.lowerBound) to \(range.upperBound).")
            }
        }
    }

    func run() throws {
        WaitPolicy.apply()
        try OutputFile.check(out)
        var settings = JudgeTraining.Settings()
        settings.steps = steps
        settings.seed = seed
        settings.threads = threads ?? settings.threads
        let training = try JudgeTraining(settings)
        var (identity, scene) = (Double.nan, Double.nan)
        var told = ContinuousClock.now
        let begin = told
        try training.run { progress in
            identity =
                identity.isNaN
                ? Double(progress.identity) : 0.98 * identity + 0.02 * Double(progress.identity)
            scene = scene.isNaN ? Double(progress.scene) : 0.98 * scene + 0.02 * Double(progress.scene)
            let isLast = progress.step == progress.steps
            if progress.step % 200 == 0 { try training.write(to: out) }
            guard isLast || ContinuousClock.now - told > .seconds(20) else { return }
            told = .now
            let seconds = (told - begin) / .seconds(1)
            let left = seconds / Double(progress.step) * Double(progress.steps - progress.step)
            let text =
                "step \(progress.step) of \(progress.steps), subjects "
                + String(format: "%.4f, scenes %.4f", identity, scene)
                + (isLast ? "" : ", \(TrainingProgressLine.duration(left)) left")
            FileHandle.standardError.write(Data("\(text)\n".utf8))
        }
        try training.write(to: out)
        print("\(out): written. How good it is: jeditrain evaluate-toybox --judge \(out)")
    }
}
