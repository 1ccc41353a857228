import Foundation
import Testing

/// What the package's description must not come to say.
@Suite struct ManifestTests {
    /// The control client stays small: no tensors, no engine, no daemon, no database behind it.
    @Test func theControlClientLinksTheControlInterfaceOnly() throws {
        let here = URL(filePath: #filePath)
        let manifest = try String(
            contentsOf: here.deletingLastPathComponent().appending(path: "../../Package.swift").standardized,
            encoding: .utf8)
        #expect(try Self.target("jedictl", in: manifest) == ["ControlAPI", "ArgumentParser"])
        #expect(try Self.target("ControlAPI", in: manifest).isEmpty)
    }

    /// The names that a target's dependencies hold.
    private static func target(_ name: String, in manifest: String) throws -> [String] {
        let pattern = try Regex(
            #"(?:\.target|\.executableTarget)\(\s*name: "\#(name)"([\s\S]*?)swiftSettings"#)
        let body = try #require(manifest.firstMatch(of: pattern)?[1].substring)
        guard let list = body.firstMatch(of: /dependencies: \[([\s\S]*)\]/)?.1 else { return [] }
        return list.replacing(/, package: "[^"]*"/, with: "").matches(of: /"([^"]+)"/).map { String($0.1) }
    }
}
