import FoundationEssentials
import Glibc

/// The last ends of jobs as files, for units of systemd and others that wait for one to appear.
struct EventFolder: Sendable {
    let folder: String

    /// How many stay.
    static let kept = 100

    /// Writes one, and removes the oldest where there are too many.
    func add(_ event: JobEvent) throws {
        guard mkdir(folder, 0o750) == 0 || errno == EEXIST else {
            throw SystemCallError("create the folder", folder)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        let bytes = [UInt8](try encoder.encode(event)) + [UInt8(ascii: "\n")]
        let names = names()
        let last = names.last.flatMap { Int($0.prefix(Self.digits)) } ?? 0
        let number = String(last + 1)
        let padded = String(repeating: "0", count: max(Self.digits - number.count, 0)) + number
        try AtomicFile.replace(
            "\(folder)/\(padded)-\(event.job)-\(event.state.rawValue).json", with: bytes, mode: 0o640)
        for name in names.prefix(max(names.count + 1 - Self.kept, 0)) { unlink(folder + "/" + name) }
    }

    private static let digits = 10

    /// The files that are there, the oldest first.
    private func names() -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".json"), Int(name.prefix(Self.digits)) != nil { names.append(name) }
        }
        return names.sorted()
    }
}
