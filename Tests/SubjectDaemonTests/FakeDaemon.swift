import Foundation

/// The daemon with the fake engine, as a program.
enum FakeDaemon {
    /// Beside the test bundle.
    static func program() throws -> URL {
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

    private final class Marker {}
}
