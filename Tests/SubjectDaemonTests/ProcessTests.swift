import ControlAPI
import DaemonTestSupport
import Foundation
import Testing

@testable import SubjectDaemon

/// Real processes, really killed. The engine is the fake one; everything else is what `jedid run` runs.
@Suite struct ProcessTests {
    /// A child process with its root, state and log.
    final class Child {
        let folder: TestFolder
        private let process = Process()

        init(folder: TestFolder, stepMilliseconds: Int, environment: [String: String] = [:]) throws {
            self.folder = folder
            try folder.makeFolder("root")
            process.executableURL = try Self.program()
            process.arguments = [folder("root"), folder("state"), folder("log"), String(stepMilliseconds)]
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        deinit {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }

        var client: ControlClient { ControlClient(sockets: [folder("state/jedid.sock")], timeout: 60) }

        func kill9() {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        /// The exit status after that signal.
        func terminate(by signal: Int32 = SIGTERM) -> Int32 {
            kill(process.processIdentifier, signal)
            process.waitUntilExit()
            return process.terminationStatus
        }

        /// Beside the test bundle.
        private static func program() throws -> URL {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let candidates =
                [URL(filePath: tests), Bundle.main.bundleURL, Bundle(for: Child.self).bundleURL]
                + CommandLine.arguments.map { URL(filePath: $0) }
            for url in candidates {
                for folder in [url, url.deletingLastPathComponent()] {
                    let program = folder.appending(path: "fakejedid")
                    if FileManager.default.isExecutableFile(atPath: program.path) { return program }
                }
            }
            throw CocoaError(.fileNoSuchFile)
        }
    }

    @Test func killedAtAnyMomentNothingIsLostNorMadeTwice() async throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/toby")
        for number in 1...3 {
            try folder.write("root/toby/photo\(number).png", try TestPhoto.png(UInt8(number)))
        }
        let prompts = (1...6).map { "picture \($0)" }
        try folder.write("root/toby/prompt.txt", prompts.joined(separator: "\n"))
        var random = SystemRandomNumberGenerator()
        // A kill at a random moment; each picture takes about a tenth of a second.
        for _ in 1...8 {
            let child = try Child(folder: folder, stepMilliseconds: 5)
            try await Task.sleep(for: .milliseconds(Int.random(in: 20...400, using: &random)))
            child.kill9()
        }
        let child = try Child(folder: folder, stepMilliseconds: 0)
        let client = child.client
        let ended = await eventually {
            guard let status = try? await onThread({ try client.status() }) else { return false }
            return status.subjects.first?.promptLines == 6 && status.waitingCount == 0
                && status.running == nil
                && status.subjects.first?.state == .idle
        }
        #expect(ended)
        let status = try await onThread { try client.status() }
        let held = status.recent.filter { $0.state == .held }.count
        let names = folder.names("root/toby/output")
        // A picture that was killed three times is held; every other is there once, and nothing else is.
        #expect(names.count + held == 6)
        #expect(names.allSatisfy { OutputFolder.isWhole(folder("root/toby/output/\($0)")) })
        #expect(!names.contains { $0.hasPrefix(".") })
        #expect(child.terminate() == 0)
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP])
    func aTerminatedProcessEndsAtOnceThoughAPictureIsUnderWay(signal: Int32) async throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/toby")
        try folder.write("root/toby/photo.png", try TestPhoto.png(1))
        try folder.write("root/toby/prompt.txt", "slow")
        // Twenty steps of a minute: it ends between two of them or not within any deadline.
        let child = try Child(folder: folder, stepMilliseconds: 60_000)
        #expect(await eventually { folder.read("log")?.contains("began") == true })
        #expect(child.terminate(by: signal) == 0)
        #expect(!folder.exists("state/jedid.sock"))
    }
}
