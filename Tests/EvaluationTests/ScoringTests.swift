import Foundation
import Images
import Tensors
import Testing

@testable import Evaluation

/// Scores are those that transformers gives, and means of what they say.
@Suite struct ScoringTests {
    private struct Golden: Decodable {
        struct Scores: Decodable {
            let clipT: Double?
            let clipI, dino, maskedClipI, maskedDino: Double
        }
        let prompts: [String]
        let pictures: [Scores]
        let amongPhotos: Scores
    }

    private func golden() throws -> Golden {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let file = EvaluationGolden.tests.appendingPathComponent("Goldens/scores.json")
        return try decoder.decode(Golden.self, from: Data(contentsOf: file))
    }

    private func withScorer<Result>(_ body: (PictureScorer) throws -> Result) throws -> Result {
        let backend = CPUBackend(CPUConfiguration(threads: 2))
        return try EvaluationGolden.withCheckpoint("clip-first") { clip in
            try EvaluationGolden.withCheckpoint("dino") { dino in
                try body(
                    PictureScorer(
                        clip: CLIPModel(folder: clip.path, on: backend),
                        dino: DINOModel(folder: dino.path, on: backend)))
            }
        }
    }

    private func score(_ scene: EvaluationScene, _ scorer: PictureScorer) throws -> SubjectReport {
        let list = try EvaluationPrompts(file: scene.path("prompts.txt"))
        let subject = try SubjectFolder.subjects(in: scene.path("subjects"), prompts: list)[0]
        let pictures = try PictureFolder.find(subject: "tom", in: scene.path("pictures"), prompts: 2)
        return try scorer.score(subject, prompts: list.prompts(for: subject.noun), pictures: pictures)
    }

    @Test func agreesWithTransformers() throws {
        let golden = try golden()
        try EvaluationScene.with { scene in
            try scene.writeGolden()
            let report = try withScorer { try score(scene, $0) }
            #expect(report.noun == "cat" && report.photos == ["0.png", "1.png"])
            #expect(report.pictures.map(\.prompt) == golden.prompts)
            #expect(report.pictures.map(\.file) == ["1.png", "02-a.png"])
            func close(_ a: Double?, _ b: Double?) -> Bool {
                guard let a, let b else { return false }
                return abs(a - b) < 1e-5
            }
            for (picture, expected) in zip(report.pictures, golden.pictures) {
                let scores = picture.scores
                #expect(close(scores.clipT, expected.clipT) && close(scores.clipI, expected.clipI))
                #expect(close(scores.dino, expected.dino))
                #expect(close(scores.maskedClipI, expected.maskedClipI))
                #expect(close(scores.maskedDino, expected.maskedDino))
            }
            let mean = golden.pictures.reduce(0) { $0 + $1.dino } / 2
            #expect(close(report.scores.dino, mean))
            let among = try #require(report.amongPhotos)
            #expect(
                close(among.clipI, golden.amongPhotos.clipI) && close(among.dino, golden.amongPhotos.dino))
            #expect(close(among.maskedClipI, golden.amongPhotos.maskedClipI))
            #expect(close(among.maskedDino, golden.amongPhotos.maskedDino))
        }
    }

    @Test func masksThatAreMissingOrOfAnotherSize() throws {
        try EvaluationScene.with { scene in
            try scene.writeGolden()
            try withScorer { scorer in
                // Of the pictures alone: nothing is masked.
                try FileManager.default.removeItem(atPath: scene.path("pictures/tom/masks"))
                let report = try score(scene, scorer)
                #expect(report.scores.maskedClipI == nil && report.scores.maskedDino == nil)
                #expect(report.scores.dino != 0 && report.amongPhotos?.maskedDino != nil)
                try scene.write(EvaluationGolden.mask(40, 37), to: "subjects/tom/masks/0.png")
                #expect(
                    throws: EvaluationError.wrongMask(
                        file: scene.path("subjects/tom/0.png"), mask: scene.path("subjects/tom/masks/0.png"),
                        expected: "41x37", actual: "40x37")
                ) { try score(scene, scorer) }
                try scene.write("no picture", to: "subjects/tom/0.png")
                let error = #expect(throws: EvaluationError.self) { try score(scene, scorer) }
                #expect(error?.description.hasPrefix(scene.path("subjects/tom/0.png: ")) == true)
            }
        }
    }

    @Test func aReportSaysWhatItIsOf() throws {
        func subject(_ name: String, _ scores: Scores, photos: PhotoScores?) -> SubjectReport {
            SubjectReport(
                name: name, noun: "stuffed animal", photos: ["1.png", "2.png"], scores: scores,
                amongPhotos: photos, pictures: [])
        }
        let report = EvaluationReport(
            program: "jeditrain 1", making: nil, pictures: "p", clip: "c", dino: "d", prompts: "t",
            subjects: [
                subject(
                    "rex", Scores(clipT: 0.25, clipI: 0.5, dino: 0.75, maskedClipI: 0.5, maskedDino: 0.125),
                    photos: PhotoScores(clipI: 0.5, dino: 1)),
                subject("mug", Scores(clipT: 0.75, clipI: 0.25, dino: 0.5), photos: nil),
            ])
        #expect(
            report.scores
                == Scores(clipT: 0.5, clipI: 0.375, dino: 0.625, maskedClipI: 0.5, maskedDino: 0.125))
        #expect(report.maskedSubjects == 1 && report.amongPhotos?.dino == 1)
        #expect(
            report.table() == """
                subject       class           photos  pictures  CLIP-T  CLIP-I   DINO  MCLIP-I  MDINO
                rex           stuffed animal       2         0   0.250   0.500  0.750    0.500  0.125
                mug           stuffed animal       2         0   0.750   0.250  0.500        -      -
                mean                               4         0   0.500   0.375  0.625    0.500  0.125
                photos alone                                             0.500  1.000        -      -
                MCLIP-I and MDINO are of the 1 subjects whose photos and pictures have masks.
                """)
        let json = try #require(
            JSONSerialization.jsonObject(with: report.json()) as? [String: Any])
        let scores = try #require(json["scores"] as? [String: Double])
        #expect(scores["clip_t"] == 0.5 && scores["masked_dino"] == 0.125)
        #expect((json["subjects"] as? [[String: Any]])?.count == 2 && json["making"] == nil)
    }

    /// Photos at the left, a gap, pictures at the right; rows of different lengths.
    @Test func contactSheet() throws {
        try EvaluationScene.with { scene in
            let colors: [[UInt8]] = [[200, 10, 10], [10, 200, 10], [10, 10, 200]]
            var files: [MaskedFile] = []
            for (index, color) in colors.enumerated() {
                let image = RGBImage(
                    width: 20, height: 30, pixels: (0..<600).flatMap { _ in color })
                try scene.write(image, to: "\(index).png")
                files.append(MaskedFile(path: scene.path("\(index).png"), mask: nil))
            }
            let sheet = try EvaluationSheet.lay([
                (photos: [files[0], files[1]], pictures: [files[2]]),
                (photos: [files[1]], pictures: [files[0]]),
            ])
            #expect((sheet.width, sheet.height) == (4 + 2 * 132 + 16 + 132, 4 + 2 * 132))
            func pixel(_ x: Int, _ y: Int) -> [UInt8] {
                Array(sheet.pixels[3 * (y * sheet.width + x)..<3 * (y * sheet.width + x) + 3])
            }
            let picture = 4 + 2 * 132 + 16 + 64
            #expect([pixel(68, 68), pixel(200, 68), pixel(picture, 68)] == colors)
            #expect([pixel(68, 200), pixel(picture, 200)] == [colors[1], colors[0]])
            #expect([pixel(200, 200), pixel(2 + 2 * 132 + 8, 68)] == [[255, 255, 255], [255, 255, 255]])
        }
    }
}
