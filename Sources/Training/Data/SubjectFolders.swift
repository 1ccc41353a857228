import Foundation
import Images
import Tensors

/// Sets from a folder of subjects' folders, as `jeditrain toybox` writes them and people can make them.
///
/// `DIR/<subject>/` holds images and says what they show: in `.toybox/manifest.jsonl` or `manifest.jsonl`, a line
/// `{"image": "photo.png", "caption": "...", "mask": "mask.png"}` for each (the mask may be missing), or in a text file
/// beside each image, `photo.txt` for `photo.png`. A subject whose `.toybox/set.json` says `"held_out": true` is never
/// learned from.
public struct SubjectFolders: SubjectSets {
    private struct Entry: Decodable {
        let image: String
        let caption: String
        let mask: String?
    }

    private struct SetRecord: Decodable {
        let isHeldOut: Bool?
        enum CodingKeys: String, CodingKey { case isHeldOut = "held_out" }
    }

    private struct Subject {
        let folder: String
        let entries: [Entry]
        let isHeldOut: Bool
    }

    private let seed: UInt64
    private let trained: [Subject]
    private let heldOut: [Subject]

    /// Looks at all subjects; images are read when they are needed.
    public init(folder: String, seed: UInt64) throws(TrainingError) {
        self.seed = seed
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            throw .unreadable(file: folder, reason: error.localizedDescription)
        }
        var subjects: [Subject] = []
        for name in names where !name.hasPrefix(".") {
            if let subject = try Self.subject("\(folder)/\(name)") { subjects.append(subject) }
        }
        trained = subjects.filter { !$0.isHeldOut }
        heldOut = subjects.filter(\.isHeldOut)
        guard !trained.isEmpty else {
            throw .noSubjects(
                folder: folder,
                hint:
                    "Each subject needs a folder with images and a manifest.jsonl, or a text file beside each image."
            )
        }
    }

    public func images(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage] {
        try images(of: trained, set: index, count: count, width: width, height: height)
    }

    public func heldOutImages(set index: Int, count: Int, width: Int, height: Int) throws -> [SubjectImage] {
        try images(
            of: heldOut.isEmpty ? trained : heldOut, set: index, count: count, width: width, height: height)
    }

    private func images(of subjects: [Subject], set index: Int, count: Int, width: Int, height: Int) throws
        -> [SubjectImage]
    {
        let subject = subjects[ShuffledRounds(of: subjects.count, seed: seed)[index]]
        var choice = RandomSource(seed: ~seed &+ UInt64(index) &* 0xD134_2543_DE82_EF95)
        var chosen: [Entry] = []
        while chosen.count < count {
            chosen += subject.entries.shuffled(using: &choice).prefix(count - chosen.count)
        }
        return chosen.map { entry in
            let path = "\(subject.folder)/\(entry.image)"
            return SubjectImage(caption: entry.caption, identity: path) {
                SubjectImage.Photo(
                    image: try Self.image(path, width, height),
                    mask: try entry.mask.map { try Self.mask("\(subject.folder)/\($0)", width, height) })
            }
        }
    }

    private static func image(_ path: String, _ width: Int, _ height: Int) throws(TrainingError) -> RGBImage {
        do {
            return try PhotoDecoder.decode(contentsOf: path, forSize: (width, height))
                .croppedToFill(width: width, height: height)
        } catch { throw .badImage(file: path, reason: "\(error)") }
    }

    private static func mask(_ path: String, _ width: Int, _ height: Int) throws(TrainingError) -> [UInt8] {
        let pixels = try image(path, width, height).pixels
        return stride(from: 0, to: pixels.count, by: 3).map { pixels[$0] }
    }

    /// Nil for what is no subject's folder.
    private static func subject(_ folder: String) throws(TrainingError) -> Subject? {
        let files = FileManager.default
        var isFolder: ObjCBool = false
        guard files.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else { return nil }
        let record = files.contents(atPath: "\(folder)/.toybox/set.json").flatMap {
            try? JSONDecoder().decode(SetRecord.self, from: $0)
        }
        for name in [".toybox/manifest.jsonl", "manifest.jsonl"] {
            guard let data = files.contents(atPath: "\(folder)/\(name)") else { continue }
            let entries = try manifest(data, file: "\(folder)/\(name)")
            return entries.isEmpty
                ? nil : Subject(folder: folder, entries: entries, isHeldOut: record?.isHeldOut ?? false)
        }
        let names = ((try? files.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        let entries = names.compactMap { name -> Entry? in
            let url = URL(fileURLWithPath: "\(folder)/\(name)")
            guard ["png", "jpg", "jpeg", "webp", "heic", "avif"].contains(url.pathExtension.lowercased()),
                let text = files.contents(atPath: url.deletingPathExtension().path + ".txt")
            else { return nil }
            let caption = String(decoding: text, as: UTF8.self).trimmingCharacters(
                in: .whitespacesAndNewlines)
            return Entry(image: name, caption: caption, mask: nil)
        }
        return entries.isEmpty ? nil : Subject(folder: folder, entries: entries, isHeldOut: false)
    }

    private static func manifest(_ data: Data, file: String) throws(TrainingError) -> [Entry] {
        var entries: [Entry] = []
        for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            do { entries.append(try JSONDecoder().decode(Entry.self, from: line)) } catch {
                throw .badManifest(
                    file: file, line: index + 1,
                    reason:
                        #"it must be {"image": "...", "caption": "..."}, with "mask": "..." if there is one"#)
            }
        }
        return entries
    }
}
