import Foundation
import TestSupport
import Testing

/// The built programs, run as a person runs them.
enum Programs {
    typealias Outcome = BuiltProgram.Outcome

    /// The package's folder: this file's, three levels up.
    static let package = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static var model: String { package.appendingPathComponent("Models/toybox").path }

    static func example(_ name: String) -> URL { package.appendingPathComponent("examples/\(name)") }

    /// Starts a program and does not wait.
    static func start(_ name: String, _ arguments: [String], errors: URL) throws -> Process {
        let process = Process()
        process.executableURL = try BuiltProgram.path(name)
        process.arguments = arguments
        try Data().write(to: errors)
        process.standardError = try FileHandle(forWritingTo: errors)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Runs a program to its end.
    static func run(_ name: String, _ arguments: [String]) throws -> Outcome {
        try BuiltProgram.run(name, arguments)
    }

    /// A folder that is gone afterwards.
    static func withFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "jedid-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }

    /// Waits, a minute at most, until something is so.
    static func wait(until condition: () throws -> Bool) async throws -> Bool {
        for _ in 0..<600 {
            if try condition() { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }
}
