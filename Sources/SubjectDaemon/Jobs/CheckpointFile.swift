import FoundationEssentials

/// The form of a checkpoint's file: a line of JSON, the engine's state, and the SHA-256 of both.
enum CheckpointFile {
    /// A state that is larger is not kept.
    static let maximumBytes = 256 << 20

    private struct Header: Codable {
        var form = CheckpointFile.form
        var key: String
        var progress: StepProgress
    }

    private static let form = "jedi.checkpoint/1"
    private static let lineEnd = UInt8(ascii: "\n")

    /// The file's bytes.
    static func encode(_ checkpoint: StepCheckpoint, key: String) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var bytes = [UInt8](try encoder.encode(Header(key: key, progress: checkpoint.progress)))
        bytes.append(lineEnd)
        bytes += checkpoint.state
        return SealedBytes.seal(bytes)
    }

    /// What the bytes hold; nil unless they are whole, sound, and of that job.
    static func decode(_ bytes: [UInt8], key: String) -> StepCheckpoint? {
        guard let body = SealedBytes.open(bytes), let end = body.firstIndex(of: lineEnd),
            let header = try? JSONDecoder().decode(Header.self, from: Data(body[..<end])),
            header.form == form, header.key == key
        else { return nil }
        return StepCheckpoint(progress: header.progress, state: Array(body[(end + 1)...]))
    }
}
