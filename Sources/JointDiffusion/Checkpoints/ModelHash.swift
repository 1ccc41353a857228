import Crypto
import Foundation

/// What identifies a checkpoint: the SHA-256 over everything in its folder that decides what it computes.
public enum ModelHash {
    /// Hexadecimal, 64 digits. Reads all weights, which takes seconds; ends when the task is cancelled.
    /// - Parameter progress: called once in a while.
    public static func compute(folder: String, progress: () -> Void = {}) throws -> String {
        var hash = SHA256()
        for component in ["scheduler", "text_encoder", "tokenizer", "unet", "vae"] {
            let directory = "\(folder)/\(component)"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            for name in names.sorted() where isPart(name) && isRegularFile("\(directory)/\(name)") {
                hash.update(data: Data("\(component)/\(name)\u{0}".utf8))
                try update(&hash, with: "\(directory)/\(name)", progress)
            }
        }
        return hash.finalize().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    private static func isPart(_ name: String) -> Bool {
        [".json", ".txt", ".safetensors"].contains { name.hasSuffix($0) }
    }

    /// A link counts as what it leads to; what cannot be looked at stays in, so that reading it says why.
    private static func isRegularFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG
    }

    private static func update(_ hash: inout SHA256, with path: String, _ progress: () -> Void) throws {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw CheckpointError.missingFile(
                file: path, hint: "It was there a moment ago; check the checkpoint folder.")
        }
        defer { try? file.close() }
        while let chunk = try chunk(of: file, path), !chunk.isEmpty {
            try Task.checkCancellation()
            hash.update(data: chunk)
            progress()
        }
    }

    private static func chunk(of file: FileHandle, _ path: String) throws(CheckpointError) -> Data? {
        do { return try file.read(upToCount: 8 << 20) } catch {
            throw .invalidConfig(file: path, reason: "it cannot be read (\(error.localizedDescription))")
        }
    }
}
