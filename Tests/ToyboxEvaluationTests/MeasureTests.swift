import Foundation
import JointDiffusion
import SyntheticSubjects
import Tensors
import TestSupport
import Testing

@testable import ToyboxEvaluation

/// The arithmetic of an evaluation, and one of a model that has learned nothing.
@Suite struct MeasureTests {
    @Test func nearest() {
        let candidates: [[Float]] = [[1, 0], [0, 1], [0.6, 0.8]]
        #expect(Retrieval.nearest(to: [0.9, 0.1], among: candidates) == 0)
        #expect(Retrieval.nearest(to: [0.1, 0.9], among: candidates) == 1)
        #expect(Retrieval.nearest(to: [0.5, 0.6], among: candidates) == 2)
        // A judge to whom all are alike does not find the first, which is the right one.
        #expect(Retrieval.nearest(to: [0, 0], among: candidates) == 2)
        #expect(
            Retrieval.mean([[1, 0], [0, 1]]) == [Float](repeating: Float(0.5).squareRoot(), count: 2))
    }

    /// Wilson's interval, by the formula in exact arithmetic.
    @Test(arguments: [
        (8, 10, 0.4901625, 0.9433178), (0, 10, 0, 0.2775328), (10, 10, 0.7224672, 1),
        (170, 200, 0.7939442, 0.8928641),
    ])
    func intervals(_ successes: Int, _ trials: Int, _ low: Double, _ high: Double) {
        let share = ShareEstimate(successes, of: trials)
        #expect(abs(share.low - low) < 1e-6 && abs(share.high - high) < 1e-6)
    }

    @Test func aCopyIsNeitherSubjectNorScene() {
        let verdict = ToyboxVerdict(identity: true, scene: true, likeness: 1)
        #expect(!verdict.identity && !verdict.scene && verdict.copy)
        let honest = ToyboxVerdict(identity: true, scene: false, likeness: 0.1)
        #expect(honest.identity && !honest.scene && !honest.copy)
    }

    @Test func trialsAreOfHeldOutToysInScenesThatNoReferenceShows() throws {
        var subjects: Set<Int> = []
        for number in 0..<50 {
            let trial = ToyboxTrial(number, seed: 3)
            #expect(trial.subjects.count == 16 && trial.subjects.allSatisfy { Toybox.isHeldOut(subject: $0) })
            for subject in trial.subjects { #expect(subjects.insert(subject).inserted) }
            #expect(Set(trial.referenceScenes).count == 4 && !trial.referenceScenes.contains(trial.scene))
            #expect(trial.prompt == "a photo of the \(trial.kind.noun) \(trial.scene.place)")
        }
        #expect(Set((0..<50).map { ToyboxTrial($0, seed: 3).kind }).count == 25)
        #expect(Set((0..<50).map { ToyboxTrial($0, seed: 3).scene }).count > 10)
        #expect(ToyboxTrial(0, seed: 3).truth(size: 16) != ToyboxTrial(0, seed: 4).truth(size: 16))
    }

    @Test func setups() {
        let all = ToyboxSetup.all(
            references: [0, 1, 3], modes: [.cached, .joint], guidance: [2], imageGuidance: [nil, 1.5])
        // None of references once, then two numbers of them, in two modes, with two and three branches.
        #expect(all.count == 1 + 2 * 2 * 2 && Set(all).count == all.count)
        #expect(all[0] == ToyboxSetup(references: 0, mode: .none, guidance: 2, imageGuidance: nil))
        #expect(all.map(\.words).contains("3 references, joint, guidance 2.0 / 1.5"))
    }

    /// Every row is there, whatever the number of threads, and what is bad is refused.
    @Test func aModelThatHasLearnedNothing() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let goldens = tests.appendingPathComponent("JointDiffusionTests/Goldens")
        let checkpoint = try GoldenCheckpoint("known-tiny", in: goldens)
        try JudgeTests.withJudge { judge in
            try CheckpointWriter.withFolder(of: checkpoint, goldens: goldens) { folder in
                var measure = ToyboxMeasure(model: folder.path, judge: judge)
                (measure.subjects, measure.steps, measure.shown) = (3, 2, 2)
                measure.setups = ToyboxSetup.all(
                    references: [0, 2], modes: [.cached, .joint], guidance: [2], imageGuidance: [nil, 1.5])
                let reports = try [1, 2].map { jobs in
                    measure.jobs = jobs
                    return try measure.run()
                }
                let report = reports[0]
                #expect(report.rows.map(\.verdicts) == reports[1].rows.map(\.verdicts))
                #expect(report.rows.count == 3 + 5 && report.rows.allSatisfy { $0.verdicts.count == 3 })
                #expect(report.rows[2].name == "pasted reference" && report.rows[2].copies.successes == 3)
                #expect(report.rows[0].copies.successes == 0)
                #expect(report.table.split(separator: "\n").count == 2 + 8)
                let object = try #require(
                    JSONSerialization.jsonObject(with: report.json) as? [String: Any])
                #expect(object["subjects"] as? Int == 3 && object["outcomes"] == nil)
                #expect((object["rows"] as? [Any])?.count == 8)
                let sheet = try #require(report.sheet)
                // Two references and eight pictures in a row, two rows.
                #expect(sheet.width > 4 * sheet.height)
                measure.judge = folder.appendingPathComponent("none").path
                #expect(throws: ToyboxEvaluationError.noJudge(file: measure.judge)) { try measure.run() }
            }
            // Without a model only the controls are measured.
            var controls = ToyboxMeasure(model: nil, judge: judge)
            controls.subjects = 2
            let report = try controls.run()
            #expect(report.rows.map(\.name) == ["real renders", "pasted reference"])
            #expect(report.sheet == nil)
        }
    }
}
