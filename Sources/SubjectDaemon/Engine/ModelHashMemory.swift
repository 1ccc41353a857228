import Crypto
import Foundation
import JointDiffusion

/// Remembers models' hashes, so that gigabytes need not be read again each time a worker starts.
///
/// A model is known by where its files are, their sizes, numbers and times. One of these times only the kernel sets, with
/// every change; files that changed a moment ago are not remembered, since a change within the clock's tick would not show.
struct ModelHashMemory: Sendable {
    /// The file: one line of JSON, a fingerprint's hash to the model's.
    let path: String
    var now: @Sendable () -> Date = { Date() }

    static let fileName = "model-hashes.json"
    /// Models that are remembered; beyond that all are forgotten.
    private static let most = 32
    /// How long files must have been at rest, in nanoseconds.
    private static let rest: Int64 = 2_000_000_000

    /// The hash of a model, remembered or computed now.
    func hash(of source: ModelSource, progress: () -> Void) throws -> String {
        let before = try fingerprint(of: source)
        if let before, let known = read()[before.digest] { return known }
        let hash = try ModelHash.compute(source, progress: progress)
        // What changed while it was read is not remembered.
        if let before, before.isAtRest, try before == fingerprint(of: source) {
            keep(hash, of: before.digest)
        }
        return hash
    }

    private struct Fingerprint: Equatable {
        let digest: String
        let isAtRest: Bool
    }

    /// Nil where a file cannot be looked at.
    private func fingerprint(of source: ModelSource) throws -> Fingerprint? {
        // The number is that of the way in which hashes are made.
        var text = "1\u{0}"
        var newest: Int64 = 0
        for part in try ModelHash.parts(of: source) {
            switch part {
            case .text(let words): text += "\(words)\u{0}"
            case .file(let path):
                var facts = stat()
                guard stat(path, &facts) == 0 else { return nil }
                let file = FileFingerprint(facts)
                newest = max(newest, file.changed)
                let numbers = [file.size, file.modified, file.changed].map { "\($0)" }.joined(separator: " ")
                text += "\(path)\u{0}\(facts.st_dev) \(file.inode) \(numbers)\u{0}"
            }
        }
        return Fingerprint(
            digest: SHA256.hash(data: Data(text.utf8)).hexadecimal,
            isAtRest: newest <= Int64(now().timeIntervalSince1970 * 1e9) - Self.rest)
    }

    private func read() -> [String: String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [:] }
        let hashes = (try? JSONDecoder().decode([String: String].self, from: data)) ?? [:]
        return hashes.filter { $1.utf8.count == 64 && $1.allSatisfy(\.isHexDigit) }
    }

    /// A hash that cannot be kept is computed again.
    private func keep(_ hash: String, of fingerprint: String) {
        var hashes = read()
        if hashes.count >= Self.most { hashes = [:] }
        hashes[fingerprint] = hash
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let data = try? encoder.encode(hashes) else { return }
        try? AtomicFile.replace(path, with: Array(data), mode: 0o640)
    }
}
