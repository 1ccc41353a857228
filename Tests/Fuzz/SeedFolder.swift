import Foundation

/// Reads the inputs that a target begins with.
struct SeedFolder {
    /// The folder Tests/.
    let tests: String

    /// Earlier findings, then sound inputs, in the order of their names.
    func inputs(of target: FuzzTarget) throws -> [[UInt8]] {
        var inputs = try files(in: "Fuzz/Cases/\(target.name)", endings: [])
        for (folder, endings) in target.seeds { inputs += try files(in: folder, endings: endings) }
        return inputs.filter { $0.count <= target.maximumLength }
    }

    private func files(in folder: String, endings: [String]) throws -> [[UInt8]] {
        let url = URL(filePath: tests).appending(path: folder)
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
            .filter { name in
                !name.hasPrefix(".") && (endings.isEmpty || endings.contains { name.hasSuffix("." + $0) })
            }
            .map { [UInt8](try Data(contentsOf: url.appending(path: $0))) }
    }
}
