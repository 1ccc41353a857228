import Foundation

/// The package's built programs, run as a person runs them.
public enum BuiltProgram {
    /// What a program left when it ended.
    public struct Outcome: Sendable {
        public let status: Int32
        public let output: Data
        public let errors: String
        public var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// A program that is not beside the tests.
    public struct Missing: Error, CustomStringConvertible {
        public let name: String
        public var description: String { "\(name) is not beside the tests" }
    }

    /// Where the build put a program: beside the tests.
    public static func path(_ name: String) throws -> URL {
        let tests = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let places = [tests, Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()]
        let found = places.map { $0.appendingPathComponent(name) }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
        guard let found else { throw Missing(name: name) }
        return found
    }

    /// Starts a program and does not wait.
    public static func start(_ name: String, _ arguments: [String]) throws -> (
        process: Process, output: Pipe, errors: Pipe
    ) {
        let process = Process()
        process.executableURL = try path(name)
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        return (process, output, errors)
    }

    /// Runs a program to its end.
    public static func run(_ name: String, _ arguments: [String]) throws -> Outcome {
        let (process, output, errors) = try start(name, arguments)
        let written = output.fileHandleForReading.readDataToEndOfFile()
        let said = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: written,
            errors: String(decoding: said, as: UTF8.self))
    }
}
