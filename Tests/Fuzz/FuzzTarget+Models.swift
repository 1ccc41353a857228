import FoundationEssentials
import Tensors

extension FuzzTarget {
    static let models = [
        FuzzTarget(
            name: "safetensors", seeds: [("Fuzz/Corpus/safetensors", [])],
            words: [
                "dtype", "shape", "data_offsets", "__metadata__", "F32", "F16", "BF16", "\\u0041",
                "9223372036854775807",
                "-1", "1e3", "[[[[", "{\"a\":",
            ],
            shortRun: 25_000, maximumLength: 4096
        ) { bytes in
            let path = ScratchFile.write(bytes)
            guard let file = try? SafetensorsFile(path: path) else { return }
            for name in file.names { precondition(file.shape(of: name) != nil) }
        }
    ]
}

/// The file that parsers of files read: in memory, one a process.
private enum ScratchFile {
    private static let path = "/dev/shm/jedifuzz-\(ProcessInfo.processInfo.processIdentifier)"

    static func write(_ bytes: [UInt8]) -> String {
        do { try Data(bytes).write(to: URL(filePath: path)) } catch { fatalError("\(path): \(error)") }
        return path
    }
}
