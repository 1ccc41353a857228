import Foundation
import Testing

/// What systemd thinks of the files in `systemd/`.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")))
struct ServiceUnitTests {
    private static let units = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../systemd").standardized

    /// Ten is an exposure of 1.0; syncthing's unit scores 2.4.
    @Test(arguments: [nil, "home.conf", "hooks.conf", "gpu.conf"])
    func hardlyAnythingIsExposed(dropIn: String?) throws {
        let folder = try TestFolder()
        let unit = try copy(dropIn: dropIn, into: folder)
        let judged = try analyze("security", "--offline=true", "--threshold=10", unit)
        #expect(judged.status == 0, "\(judged.text)")
        #expect(judged.text.contains("Overall exposure level for jedid.service"))
    }

    @Test(arguments: [nil, "home.conf", "hooks.conf", "gpu.conf"])
    func everyLineIsUnderstood(dropIn: String?) throws {
        let folder = try TestFolder()
        let unit = try copy(dropIn: dropIn, into: folder)
        let judged = try analyze("verify", "--man=no", "--recursive-errors=no", unit)
        #expect(judged.status == 0)
        #expect(!judged.text.contains("jedid.service"), "\(judged.text)")
    }

    /// The programs need not be installed for this.
    private func copy(dropIn: String?, into folder: TestFolder) throws -> String {
        let unit = try String(contentsOf: Self.units.appending(path: "jedid.service"), encoding: .utf8)
        try folder.write("jedid.service", unit.replacing("/usr/local/bin/jedid ", with: "/bin/true "))
        if let dropIn {
            try folder.makeFolder("jedid.service.d")
            let text = try String(
                contentsOf: Self.units.appending(path: "drop-ins/\(dropIn)"), encoding: .utf8)
            try folder.write("jedid.service.d/\(dropIn)", text)
        }
        return folder("jedid.service")
    }

    private func analyze(_ arguments: String...) throws -> (status: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/systemd-analyze")
        process.arguments = arguments + ["--no-pager"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
