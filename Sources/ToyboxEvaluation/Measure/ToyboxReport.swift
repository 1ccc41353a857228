import Foundation
import Images
import SyntheticSubjects

/// What an evaluation found: a table, the same as JSON, and pictures.
public struct ToyboxReport: Sendable, Encodable {
    public struct Row: Sendable, Encodable {
        /// "real renders", or the setup in words.
        public let name: String
        /// Nil for what no model made.
        public let setup: ToyboxSetup?
        /// Subjects that were found among all of their kind; scenes that are what was asked for; both at once.
        public let identity, scene, both: ShareEstimate
        /// Pictures that are references over again. They count as neither.
        public let copies: ShareEstimate
        /// In the trials' order.
        public let verdicts: [ToyboxVerdict]
    }

    public let model: String?
    public let judge: String
    public let seed: UInt64
    public let subjects: Int
    public let candidates: Int
    public let steps: Int?
    /// Nil: the model's own.
    public let sampler: String?
    public let precision: String
    public let seconds: Double
    public let rows: [Row]
    private let outcomes: [ToyboxMeasure.Outcome]

    private enum CodingKeys: String, CodingKey {
        case model, judge, seed, subjects, candidates, steps, sampler, precision, seconds, rows
    }

    init(_ measure: ToyboxMeasure, outcomes: [ToyboxMeasure.Outcome], seconds: Double) {
        (model, judge, seed) = (measure.model, measure.judge, measure.seed)
        (subjects, steps, self.seconds) = (measure.subjects, measure.steps, seconds)
        (sampler, precision) = (measure.sampler?.rawValue, measure.precision.rawValue)
        candidates = ToyboxTrial.candidates
        self.outcomes = outcomes
        // What true pictures score, what the model's VAE leaves of it, and what a reference over again scores.
        let controls =
            ["real renders"] + (measure.model == nil ? [] : ["real, through VAE"])
            + ["pasted reference"]
        let names = controls + measure.setups.map(\.words)
        let setups = controls.map { _ in nil } + measure.setups.map { Optional($0) }
        rows = zip(names, setups).enumerated().map { column, row in
            let verdicts = outcomes.map { $0.verdicts[column] }
            func share(_ isSo: (ToyboxVerdict) -> Bool) -> ShareEstimate {
                ShareEstimate(verdicts.count(where: isSo), of: verdicts.count)
            }
            return Row(
                name: row.0, setup: row.1, identity: share(\.identity), scene: share(\.scene),
                both: share { $0.identity && $0.scene }, copies: share(\.copy), verdicts: verdicts)
        }
    }

    public var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }

    public var table: String {
        let width = (rows.map(\.name.count) + [8]).max() ?? 8
        func padded(_ text: String, _ count: Int) -> String {
            text.padding(toLength: max(count, text.count), withPad: " ", startingAt: 0)
        }
        func cell(_ share: ShareEstimate) -> String {
            let percent = { (value: Double) in String(format: "%.1f", 100 * value) }
            return padded("\(percent(share.share)) % (\(percent(share.low))-\(percent(share.high)))", 21)
        }
        let head = [
            padded("", width), padded("identity (of \(candidates))", 21), padded("prompt (scene)", 21),
            padded("both", 21), "copies",
        ]
        let lines = rows.map { row in
            [
                padded(row.name, width), cell(row.identity), cell(row.scene), cell(row.both),
                "\(row.copies.successes)",
            ]
        }
        let title =
            "\(subjects) held-out subjects, seed \(seed); shares with 95 % confidence; chance finds "
            + String(format: "%.1f %%", 100 / Double(candidates)) + " of the subjects\n"
        return title
            + ([head] + lines).map { $0.joined(separator: "  ") }.joined(separator: "\n")
    }

    /// Trials as rows: references, what the toybox would have drawn, then what was made, in frames: green where subject
    /// and scene are right, yellow for the scene alone, blue for the subject alone, red for neither, black for a copy.
    public var sheet: RGBImage? {
        let kept = outcomes.filter { !$0.pictures.isEmpty }
        return ToyboxContactSheet.lay(
            kept.map { outcome in
                outcome.references.map { Self.framed($0, (250, 250, 250)) }
                    + zip(outcome.pictures, outcome.verdicts).map {
                        Self.framed($0, Self.color(of: $1))
                    }
            })
    }

    private static func color(of verdict: ToyboxVerdict) -> (UInt8, UInt8, UInt8) {
        if verdict.copy { return (0, 0, 0) }
        switch (verdict.identity, verdict.scene) {
        case (true, true): return (20, 170, 60)
        case (true, false): return (30, 90, 230)
        case (false, true): return (245, 190, 20)
        case (false, false): return (215, 30, 40)
        }
    }

    private static func framed(_ image: RGBImage, _ color: (UInt8, UInt8, UInt8)) -> RGBImage {
        let edge = 4
        let (width, height) = (image.width + 2 * edge, image.height + 2 * edge)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * width * height)
        for y in 0..<height {
            for x in 0..<width {
                let isInside =
                    (edge..<width - edge).contains(x) && (edge..<height - edge).contains(y)
                if isInside {
                    let at = 3 * ((y - edge) * image.width + x - edge)
                    pixels += image.pixels[at..<at + 3]
                } else {
                    pixels += [color.0, color.1, color.2]
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}
