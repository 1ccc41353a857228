import Foundation
import Images

/// A folder with subjects, prompts and pictures, gone afterwards.
struct EvaluationScene {
    let folder: URL

    static func with<Result>(_ body: (EvaluationScene) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "evaluation-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(EvaluationScene(folder: folder))
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func write(_ text: String, to name: String) throws {
        try write(Data(text.utf8), to: name)
    }

    func write(_ image: RGBImage, to name: String) throws {
        try write(Data(try PNGEncoder.encode(image)), to: name)
    }

    private func write(_ data: Data, to name: String) throws {
        let file = folder.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    /// The photos, pictures and masks that scores.json is of.
    func writeGolden() throws {
        for (name, file, width, height) in [
            ("photo0", "subjects/tom/0", 41, 37), ("photo1", "subjects/tom/1", 64, 30),
            ("made0", "pictures/tom/1", 36, 36), ("made1", "pictures/tom/02-a", 36, 36),
        ] {
            try write(EvaluationGolden.picture(name, width, height), to: file + ".png")
            let parts = file.split(separator: "/")
            try write(
                EvaluationGolden.mask(width, height),
                to: "\(parts[0])/\(parts[1])/masks/\(parts[2]).png")
        }
        try write("class: cat\nsteps: 3\n", to: "subjects/tom/subject.yaml")
        try write("a photo of the {class}\nthe {} on a beach\n", to: "prompts.txt")
    }
}
