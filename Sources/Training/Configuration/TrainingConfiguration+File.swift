import Foundation
import Yams

extension TrainingConfiguration {
    /// Reads a YAML file of `name: value` lines. Every name and value is understood, or refused with the fix.
    public init(file: String) throws(TrainingError) {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: file)) } catch {
            throw .unreadable(file: file, reason: error.localizedDescription)
        }
        try self.init(yaml: String(decoding: data, as: UTF8.self), file: file)
    }

    /// - Parameter file: the name for messages.
    init(yaml: String, file: String) throws(TrainingError) {
        self.init()
        let node: Node?
        do { node = try Yams.compose(yaml: yaml) } catch {
            throw .notYAML(file: file, reason: "\(error)".replacing("\n", with: " "))
        }
        guard case .mapping(let mapping)? = node else {
            throw .notYAML(file: file, reason: "it is empty or something else")
        }
        for (key, value) in mapping {
            let name = key.string ?? "?"
            guard let setting = TrainingSetting.named(name) else {
                let known = TrainingSetting.all.map(\.name)
                throw .unknownKey(
                    file: file, key: name, suggestion: Self.nearest(to: name, among: known), known: known)
            }
            let text: String
            switch value {
            case .scalar(let scalar): text = scalar.string
            case .sequence(let sequence):
                let words = sequence.compactMap(\.string)
                guard words.count == sequence.count, Self.lists.contains(name) else {
                    throw .invalidValue(file: file, key: name, value: "a list", allowed: "one value")
                }
                text = words.joined(separator: ",")
            default:
                throw .invalidValue(file: file, key: name, value: "a table", allowed: "one value")
            }
            do { try setting.read(text, &self) } catch {
                throw .invalidValue(file: file, key: name, value: text, allowed: error.allowed)
            }
        }
        try check(file)
    }

    /// Settings that may be written as a list.
    private static let lists = ["train", "from_scratch", "freeze", "renew"]

    private func check(_ file: String) throws(TrainingError) {
        guard !model.isEmpty else {
            throw .missingKey(
                file: file, key: "model", meaning: "which diffusers folder training begins from")
        }
        guard !data.isEmpty else {
            throw .missingKey(
                file: file, key: "data", meaning: "which folder holds the subjects' folders, or toybox")
        }
        guard !train.isEmpty, !train.contains(.vae) || train == [.vae] else {
            throw .contradiction(
                file: file, reason: "'train' must be unet, text_encoder, both, or vae alone")
        }
        for component in fromScratch where !train.contains(component) {
            throw .contradiction(
                file: file,
                reason: "'from_scratch' names \(component.rawValue), which 'train' does not; add it there")
        }
        guard knownMinimum <= knownMaximum, knownMinimum < images else {
            throw .contradiction(
                file: file,
                reason: "of 'images: \(images)', from 'known_minimum: \(knownMinimum)' to 'known_maximum: "
                    + "\(knownMaximum)' shall be known; the first must be the smaller, and leave one to be made"
            )
        }
        guard poolPortraits == 0 || (poolSubjects > 0 && poolPortraits <= poolImages) else {
            throw .contradiction(
                file: file,
                reason:
                    "'pool_portraits: \(poolPortraits)' are of the pictures of a pool's toys; give 'pool_subjects', and at "
                    + "least as many 'pool_images'")
        }
        guard loraRank == 0 || (fromScratch.isEmpty && train != [.vae]) else {
            throw .contradiction(
                file: file, reason: "'lora_rank' changes a trained U-Net or text encoder; leave it out here")
        }
        guard (width == 0) == (height == 0) else {
            throw .contradiction(file: file, reason: "'width' and 'height' must be given together")
        }
    }

    /// The name that may have been meant.
    private static func nearest(to written: String, among names: [String]) -> String? {
        let nearest = names.map { (name: $0, distance: distance(Array(written), Array($0))) }
            .min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= max(1, written.count / 3) else { return nil }
        return nearest.name
    }

    /// Letters to put in, take out or change.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var last = Array(0...b.count)
        for (i, letter) in a.enumerated() {
            var row = [i + 1]
            for (j, other) in b.enumerated() {
                row.append(min(last[j] + (letter == other ? 0 : 1), row[j] + 1, last[j + 1] + 1))
            }
            last = row
        }
        return last[b.count]
    }
}
