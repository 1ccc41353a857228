import Foundation
import Images
import TestSupport
import Testing
import Training

/// A small checkpoint, subjects to learn from and a configuration, in a folder that is gone afterwards.
struct TrainingScene {
    let folder: URL

    /// - Parameter checkpoint: one of the pipeline's goldens.
    static func with<Result>(_ checkpoint: String, _ body: (TrainingScene) throws -> Result) throws -> Result
    {
        let golden = try GoldenCheckpoint(checkpoint, in: TrainingGolden.pipeline)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "training-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try CheckpointWriter.write(
            golden, goldens: TrainingGolden.pipeline, to: folder.appendingPathComponent("model"))
        let scene = TrainingScene(folder: folder)
        try scene.writeSubjects()
        return try body(scene)
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// Three subjects of plain colours, the last one held out; with a manifest, with texts, as the toybox has them.
    private func writeSubjects() throws {
        for (subject, color) in [(0, 40), (1, 120), (2, 220)] {
            let place = folder.appendingPathComponent("data/subject\(subject)")
            let hidden = place.appendingPathComponent(".toybox")
            try FileManager.default.createDirectory(at: hidden, withIntermediateDirectories: true)
            var manifest = ""
            for image in 0..<3 {
                let pixels = (0..<3 * 24 * 24).map { UInt8(($0 * (image + 3) + color) % 256) }
                let picture = RGBImage(width: 24, height: 24, pixels: pixels)
                try Data(try PNGEncoder.encode(picture)).write(
                    to: place.appendingPathComponent("\(image).png"))
                if subject == 1 {
                    try Data("the robot cat \(image)\n".utf8).write(
                        to: place.appendingPathComponent("\(image).txt"))
                } else {
                    manifest +=
                        #"{"image": "\#(image).png", "caption": "a photo \#(image)", "mask": "\#(image).png"}"#
                        + "\n"
                }
            }
            if subject == 1 { continue }
            try Data(manifest.utf8).write(to: hidden.appendingPathComponent("manifest.jsonl"))
            try Data("{\"held_out\": \(subject == 2)}".utf8).write(
                to: hidden.appendingPathComponent("set.json"))
        }
    }

    /// Writes `run.yaml` with these lines besides those for model and data.
    @discardableResult
    func configure(_ lines: String) throws -> (configuration: TrainingConfiguration, text: String) {
        let text = "model: \(path("model"))\ndata: \(path("data"))\nthreads: 2\n" + lines
        try Data(text.utf8).write(to: folder.appendingPathComponent("run.yaml"))
        return (try TrainingConfiguration(file: path("run.yaml")), text)
    }

    /// A run of these lines in a folder of that name.
    func loop(_ name: String, _ lines: String, source: (any SubjectSets)? = nil) throws -> TrainingLoop {
        let (configuration, text) = try configure(lines)
        return try TrainingLoop(configuration, text: text, folder: path(name), source: source)
    }

    func bytes(_ name: String) throws -> Data { try Data(contentsOf: folder.appendingPathComponent(name)) }
}
