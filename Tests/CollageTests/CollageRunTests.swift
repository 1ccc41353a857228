import Foundation
import Images
import JointDiffusion
import Tensors
import Testing
import Training

@testable import Collage

/// Sets from the first prompt to the folder that the trainer reads.
@Suite struct CollageRunTests {
    private struct Stop: Error {}

    private func order(_ model: DiffusionModel, _ drawing: CollageDrawing = .joint) -> CollageOrder {
        var order = CollageOrder(model: model, seed: 5, images: drawing.panelCount ?? 3, drawing: drawing)
        (order.width, order.height, order.steps, order.guidance) = (24, 16, 2, 3)
        order.threshold = -1
        return order
    }

    private func run(
        _ order: CollageOrder, _ model: DiffusionModel, _ folder: String, sets: Int = 2
    ) throws -> CollageRun {
        let run = try CollageRun(
            order: order, numbers: 0..<sets, prompts: PromptGrammar(kinds: ["cat", "robot"]), model: model,
            embedding: ColorLayoutEmbedding(), folder: folder, context: "test")
        run.keepEvery = 0
        return run
    }

    private func sets(_ folder: String) throws -> [[String: Any]] {
        try String(contentsOfFile: "\(folder)/.collage/sets.jsonl", encoding: .utf8).split(separator: "\n")
            .map {
                try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
    }

    @Test(arguments: [CollageDrawing.joint, .alone, .panels(rows: 1, columns: 2)])
    func goesOnWhereItWasStoppedToTheSameBytes(_ drawing: CollageDrawing) throws {
        try Scratch.withCheckpoint("epsilon") { checkpoint in
            try Scratch.withFolder { folder in
                let model = try Scratch.model(checkpoint)
                let order = order(model, drawing)
                let whole = try run(order, model, "\(folder)/whole").run()
                #expect(whole.kept + whole.dropped == 2 && whole.found == 0)
                let expected = try Scratch.files("\(folder)/whole")
                // Stopped after every one of its steps in turn.
                var steps = 0
                var isDone = false
                while !isDone {
                    var left = 1
                    do {
                        _ = try run(order, model, "\(folder)/stopped").run { _ in
                            steps += 1
                            left -= 1
                            if left < 0 { throw Stop() }
                        }
                        isDone = true
                    } catch is Stop {}
                    try #require(steps < 200)
                }
                #expect(steps > 10)
                #expect(try Scratch.files("\(folder)/stopped") == expected)
                let again = try run(order, model, "\(folder)/whole").run { _ in throw Stop() }
                #expect(again.found == 2 && again.kept == whole.kept)
                #expect(try Scratch.files("\(folder)/whole") == expected)
            }
        }
    }

    /// What a run of another order left on its way is not taken for one's own.
    @Test func takesNothingOfAnotherOrder() throws {
        try Scratch.withCheckpoint("epsilon") { checkpoint in
            try Scratch.withFolder { folder in
                let model = try Scratch.model(checkpoint)
                var other = order(model)
                other.guidance = 5
                var steps = 0
                #expect(throws: Stop.self) {
                    try run(other, model, "\(folder)/mixed", sets: 1).run { _ in
                        steps += 1
                        // The pictures of the set are drawn, the backgrounds begun.
                        if steps == 4 { throw Stop() }
                    }
                }
                let order = order(model)
                _ = try run(order, model, "\(folder)/mixed", sets: 1).run()
                _ = try run(order, model, "\(folder)/fresh", sets: 1).run()
                #expect(try Scratch.files("\(folder)/mixed") == Scratch.files("\(folder)/fresh"))
            }
        }
    }

    @Test func dropsWhatIsNotAlikeAndSaysWhy() throws {
        try Scratch.withCheckpoint("epsilon") { checkpoint in
            try Scratch.withFolder { folder in
                let model = try Scratch.model(checkpoint)
                var order = order(model)
                order.threshold = 1
                let summary = try run(order, model, folder).run()
                #expect(summary.kept == 0 && summary.dropped == 2)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [".collage"])
                for set in try sets(folder) {
                    #expect(set["state"] as? String == "dropped")
                    let reason = try #require(set["reason"] as? String)
                    #expect(reason.contains("below 1.0") || reason.contains("are left"))
                }
            }
        }
    }

    @Test func refusesWhatIsInTheWay() throws {
        try Scratch.withCheckpoint("epsilon") { checkpoint in
            try Scratch.withFolder { folder in
                let model = try Scratch.model(checkpoint)
                var order = order(model)
                let holder = try run(order, model, folder)
                withExtendedLifetime(holder) { () -> Void in
                    #expect(throws: CollageError.busy(folder: folder)) {
                        try run(order, model, folder)
                    }
                }
                order.threshold = 1
                _ = try run(order, model, "\(folder)/sets").run()
                let files = try Scratch.files("\(folder)/sets")
                order.steps = 3
                let place = try #require(sets("\(folder)/sets")[0]["name"] as? String)
                let dropped = "\(folder)/sets/.collage/dropped/\(place)"
                #expect(throws: CollageError.otherParameters(folder: dropped, names: ["steps"])) {
                    try run(order, model, "\(folder)/sets")
                }
                #expect(try Scratch.files("\(folder)/sets") == files)
                order.steps = 2
                try FileManager.default.removeItem(atPath: "\(dropped)/.collage/set.json")
                #expect(throws: CollageError.foreign(folder: dropped)) {
                    try run(order, model, "\(folder)/sets")
                }
                #expect(throws: CollageError.notAFolder(path: "\(dropped)/subject.yaml")) {
                    try run(order, model, "\(dropped)/subject.yaml")
                }
                order.width = 23
                #expect(throws: GenerationError.self) { try run(order, model, "\(folder)/sets") }
            }
        }
    }

    /// The embedded model draws; the trainer reads what it drew.
    @Test func theEmbeddedModelDrawsForTheTrainer() throws {
        try Scratch.withFolder { folder in
            let model = try Scratch.model(Scratch.toybox)
            var order = CollageOrder(model: model, seed: 2, images: 2, drawing: .joint)
            (order.steps, order.threshold) = (4, 0)
            var told: [CollageProgress] = []
            let summary = try run(order, model, folder).run { told.append($0) }
            #expect(summary.kept == 2)
            #expect(told.map(\.done).max() == 2 * 2 * 4 * 2 && told.allSatisfy { $0.done <= $0.total })
            let subjects = try SubjectFolders(folder: folder, seed: 0)
            for set in 0..<2 {
                for image in try subjects.images(set: set, count: 2, width: 64, height: 64) {
                    let mask = try #require(image.photo().mask)
                    #expect(mask.contains { $0 > 200 } && mask.contains { $0 < 50 })
                    #expect(image.caption.hasPrefix("a photo of a"))
                }
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
                !$0.hasPrefix(".")
            }
            for name in names {
                let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)").sorted()
                #expect(
                    files == [".collage", "manifest.jsonl", "photo01.png", "photo02.png", "subject.yaml"])
            }
            let sheet = try PhotoDecoder.decode(contentsOf: "\(folder)/.collage/sheet.png")
            #expect(sheet.width == 4 + 4 * 132 && sheet.height == 4 + 2 * 132)
        }
    }
}
