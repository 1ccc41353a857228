import Foundation
import Glibc

/// A run's folder: `config.yaml`, `log.jsonl`, `loss.png`, `samples/`, `snapshots/`.
public final class RunFolder {
    public let path: String
    private var lock: Int32 = -1

    /// A run that another process may be going on with, to read.
    public init(reading path: String) { self.path = path }

    /// Opens the folder, or makes it, and takes it for this process.
    public init(_ path: String) throws(TrainingError) {
        self.path = path
        for folder in [path, "\(path)/snapshots", "\(path)/samples"] {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch { throw .unwritable(path: folder, reason: error.localizedDescription) }
        }
        lock = open("\(path)/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(folder: path) }
    }

    deinit {
        guard lock >= 0 else { return }
        // A process that is just being started from this one still has the descriptor; it must not hold the lock.
        flock(lock, LOCK_UN)
        close(lock)
    }

    var configurationFile: String { "\(path)/config.yaml" }
    var logFile: String { "\(path)/log.jsonl" }
    var curveFile: String { "\(path)/loss.png" }
    func snapshotFile(step: Int) -> String { "\(path)/snapshots/\(Self.padded(step)).safetensors" }
    func sampleFile(step: Int) -> String { "\(path)/samples/\(Self.padded(step)).png" }

    /// Snapshots by step, the last one last.
    public func snapshots() -> [(step: Int, file: String)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/snapshots")) ?? []
        return names.filter { $0.hasSuffix(".safetensors") }.compactMap { name in
            Int(name.dropLast(".safetensors".count)).map { ($0, "\(path)/snapshots/\(name)") }
        }.sorted { $0.step < $1.step }
    }

    /// Removes all but the last snapshots, and what interrupted writes left.
    func keepLastSnapshots(_ count: Int) {
        for (_, file) in snapshots().dropLast(count) { unlink(file) }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/snapshots")) ?? []
        for name in names where name.hasSuffix(".partial") { unlink("\(path)/snapshots/\(name)") }
    }

    /// Keeps the configuration, if it is the run's or its first.
    func claim(_ configuration: TrainingConfiguration, text: String) throws(TrainingError) {
        if FileManager.default.fileExists(atPath: configurationFile) {
            let kept = try TrainingConfiguration(file: configurationFile)
            guard kept.decisive == configuration.decisive else { throw .otherConfiguration(folder: path) }
        }
        try write(Data(text.utf8), to: configurationFile)
    }

    /// The log up to a step; lines of steps that a resumed run does again are cut off, as is half a line.
    func log(upTo step: Int) throws(TrainingError) -> [LogEntry] {
        guard let data = FileManager.default.contents(atPath: logFile) else { return [] }
        let lines = data.split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONDecoder().decode(LogEntry.self, from: $0)
        }
        let kept = lines.filter { $0.step <= step }
        var text = Data()
        for entry in kept { text += line(entry) }
        try write(text, to: logFile)
        return kept
    }

    func append(_ entry: LogEntry) throws(TrainingError) {
        let descriptor = open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        let bytes = line(entry)
        let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        guard written == bytes.count else {
            throw .unwritable(path: logFile, reason: String(cString: strerror(errno)))
        }
    }

    /// Whole or not at all.
    func write(_ data: Data, to file: String) throws(TrainingError) {
        do { try data.write(to: URL(fileURLWithPath: file), options: .atomic) } catch {
            throw .unwritable(path: file, reason: error.localizedDescription)
        }
    }

    private func line(_ entry: LogEntry) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return ((try? encoder.encode(entry)) ?? Data()) + Data("\n".utf8)
    }

    private static func padded(_ step: Int) -> String {
        let digits = "\(step)"
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}
