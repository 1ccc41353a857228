import Foundation
import Images
import Yams

/// Reads the subjects of an evaluation: DreamBench as it is, or any folder that holds a folder for each subject.
///
/// `DIR/<subject>/` holds photos. What the subject is says its `subject.yaml` (`class: dog`), or DreamBench's
/// `prompts_and_classes.txt`. Masks are those that a `manifest.jsonl` or `.toybox/manifest.jsonl` names, as for training,
/// or else lie in a folder `masks`, under the photo's name with the ending `.png`.
public enum SubjectFolder {
    /// - Parameters:
    ///   - names: the subjects that are meant; nil for all.
    ///   - prompts: where its file says classes, they hold too.
    public static func subjects(
        in folder: String, only names: [String]? = nil, prompts: EvaluationPrompts
    ) throws(EvaluationError) -> [EvaluationSubject] {
        let found = try listing(folder).filter { isFolder("\(folder)/\($0)") }
        guard !found.isEmpty else { throw .noSubjects(folder: folder) }
        if let names {
            let unknown = names.filter { !found.contains($0) }
            guard unknown.isEmpty else {
                throw .unknownSubjects(names: unknown, folder: folder, known: found)
            }
        }
        var classes = prompts.classes
        let list = "\(folder)/\(EvaluationPrompts.dreamBenchName)"
        if FileManager.default.fileExists(atPath: list), list != prompts.file {
            classes.merge(try EvaluationPrompts(file: list).classes) { $1 }
        }
        var subjects: [EvaluationSubject] = []
        for name in found where names?.contains(name) ?? true {
            let place = "\(folder)/\(name)"
            let photos = try masked(pictures(in: place), in: place)
            guard !photos.isEmpty else { throw .noPhotos(folder: place) }
            guard let noun = try noun(of: place) ?? classes[name] else { throw .noClass(subject: place) }
            subjects.append(EvaluationSubject(name: name, folder: place, noun: noun, photos: photos))
        }
        return subjects
    }

    /// The names of the pictures that lie in a folder, sorted.
    static func pictures(in folder: String) throws(EvaluationError) -> [String] {
        let endings = Set(ImageFormat.allCases.flatMap(\.fileEndings))
        return try listing(folder).filter { name in
            endings.contains(URL(fileURLWithPath: name).pathExtension.lowercased())
                && !isFolder("\(folder)/\(name)")
        }
    }

    /// Pictures of a folder with their masks: all have one, or none.
    static func masked(_ names: [String], in folder: String) throws(EvaluationError) -> [MaskedFile] {
        let named = try manifest(of: folder)
        let files = names.map { name in
            let stem = URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent
            let usual = "\(folder)/masks/\(stem).png"
            let exists = FileManager.default.fileExists(atPath: usual)
            return MaskedFile(
                path: "\(folder)/\(name)",
                mask: named[name].map { "\(folder)/\($0)" } ?? (exists ? usual : nil))
        }
        if let bare = files.first(where: { $0.mask == nil }), files.contains(where: { $0.mask != nil }) {
            let stem = URL(fileURLWithPath: bare.path).deletingPathExtension().lastPathComponent
            throw .missingMask(file: bare.path, mask: "\(folder)/masks/\(stem).png")
        }
        return files
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    /// The names in a folder, sorted, without the hidden ones.
    static func listing(_ folder: String) throws(EvaluationError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
                .sorted()
        } catch { throw .unreadable(folder, error) }
    }

    private static func noun(of folder: String) throws(EvaluationError) -> String? {
        let file = "\(folder)/subject.yaml"
        guard let data = FileManager.default.contents(atPath: file) else { return nil }
        let node: Node?
        do { node = try Yams.compose(yaml: String(decoding: data, as: UTF8.self)) } catch {
            throw .badSettings(file: file, reason: "it is no YAML: \("\(error)".replacing("\n", with: " "))")
        }
        guard let value = node?.mapping?["class"] ?? node?.mapping?["class_noun"] else { return nil }
        guard let noun = value.string?.trimmingCharacters(in: .whitespaces), !noun.isEmpty else {
            throw .badSettings(file: file, reason: "'class' must be what the subject is, as 'class: dog'")
        }
        return noun
    }

    private struct Entry: Decodable {
        let image: String
        let mask: String?
    }

    /// The masks that a manifest names, by the photo's name.
    private static func manifest(of folder: String) throws(EvaluationError) -> [String: String] {
        for name in [".toybox/manifest.jsonl", "manifest.jsonl"] {
            let file = "\(folder)/\(name)"
            guard let data = FileManager.default.contents(atPath: file) else { continue }
            var masks: [String: String] = [:]
            for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
                do {
                    let entry = try JSONDecoder().decode(Entry.self, from: line)
                    masks[entry.image] = entry.mask
                } catch {
                    throw .badManifest(
                        file: file, line: index + 1,
                        reason: #"it must be {"image": "...", "mask": "..."}"#)
                }
            }
            return masks
        }
        return [:]
    }
}
