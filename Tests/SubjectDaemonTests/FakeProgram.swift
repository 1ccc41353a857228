import Foundation

@testable import SubjectDaemon

/// The built `fakejedid`.
enum FakeProgram {
    private final class Marker {}

    /// Beside the test bundle.
    static func url() throws -> URL {
        let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let candidates =
            [URL(filePath: tests), Bundle.main.bundleURL, Bundle(for: Marker.self).bundleURL]
            + CommandLine.arguments.map { URL(filePath: $0) }
        for url in candidates {
            for folder in [url, url.deletingLastPathComponent()] {
                let program = folder.appending(path: "fakejedid")
                if FileManager.default.isExecutableFile(atPath: program.path) { return program }
            }
        }
        throw CocoaError(.fileNoSuchFile)
    }

    /// What an engine starts to have the fake engine in another process.
    static func worker(log: String, stepMilliseconds: Int = 0, fault: String? = nil) throws -> WorkerCommand {
        WorkerCommand(
            executable: try url().path,
            arguments: ["fakejedid", "worker", log, "\(stepMilliseconds)"] + (fault.map { [$0] } ?? []))
    }
}
