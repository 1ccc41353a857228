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

        /// - Parameters:
        ///   - pollMilliseconds: from one look at a folder that cannot be watched to the next.
        ///   - shell: lines of a shell that run the daemon as `"$@"`.
        ///   - environment: variables besides this process's own.
        init(
            folder: TestFolder, stepMilliseconds: Int, hasWorker: Bool = false, pollMilliseconds: Int? = nil,
            shell: String? = nil, environment: [String: String] = [:]
        ) throws {
            self.folder = folder
            try folder.makeFolder("root")
            let program = try FakeProgram.url()
            let arguments =
                [folder("root"), folder("state"), folder("log"), String(stepMilliseconds)]
                + (hasWorker ? ["worker"] : []) + (pollMilliseconds.map { ["poll=\($0)"] } ?? [])
            if let shell {
                process.executableURL = URL(filePath: "/usr/bin/unshare")
                process.arguments = ["-U", "-r", "sh", "-c", shell, "sh", program.path] + arguments
            } else {
                process.executableURL = program
                process.arguments = arguments
            }
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        deinit {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }

        /// Has it stand still, or go on.
        func signal(_ number: Int32) { kill(process.processIdentifier, number) }

        var pid: Int32 { process.processIdentifier }

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
        let all = folder.names("root/toby/output")
        let names = all.filter { $0.hasSuffix(".png") }
        // A picture that was killed three times is held; every other is there once, and nothing else is.
        #expect(names.count + held == 6)
        #expect(names.allSatisfy { OutputFolder.isWhole(folder("root/toby/output/\($0)")) })
        // Each has its record, and nothing else is there.
        #expect(Set(all) == Set(names + names.map { $0.dropLast(4) + ".json" }))
        #expect(child.terminate() == 0)
    }

    @Test func killedInTheMiddleOfAPictureItGoesOnAfterTheStepsThatAreDone() async throws {
        let folder = try TestFolder()
        try folder.makeFolder("root/toby")
        try folder.write("root/toby/photo.png", try TestPhoto.png(1))
        try folder.write("root/toby/prompt.txt", "slow")
        @Sendable func steps() -> [Int] {
            (folder.read("log") ?? "").split(separator: "\n").compactMap { line in
                line.hasPrefix("step ") ? Int(line.split(separator: " ")[1]) : nil
            }
        }
        do {
            // It stands still there, however late this looks.
            let child = try Child(
                folder: folder, stepMilliseconds: 300, environment: ["JEDI_FAKE_STOP": "6"])
            let isFar = await eventually {
                let names = folder.names("state/checkpoints").filter { $0.hasSuffix(".checkpoint") }
                return !names.isEmpty && steps() == [1, 2, 3, 4, 5, 6]
            }
            #expect(isFar)
            child.kill9()
        }
        let before = steps()
        #expect(before == Array(1...before.count))
        let child = try Child(folder: folder, stepMilliseconds: 0)
        #expect(await eventually { folder.read("log")?.contains("made") == true })
        let after = Array(steps().dropFirst(before.count))
        // A checkpoint is kept once a second: the last few steps may be done twice.
        let first = try #require(after.first)
        #expect(first > 1 && first <= before.count + 1)
        #expect(after == Array(first...20))
        let client = child.client
        let isDone = await eventually {
            (try? await onThread { try client.status() })?.recent.first?.state == .done
        }
        #expect(isDone)
        #expect(try await onThread { try client.status() }.recent.first?.attempts == 2)
        #expect(folder.names("state/checkpoints").isEmpty)
        #expect(folder.names("root/toby/output").filter { $0.hasSuffix(".png") }.count == 1)
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

    // MARK: With the engine in a process of its own

    /// A subject with one photo and these prompts.
    private static func subject(_ prompts: [String]) throws -> TestFolder {
        let folder = try TestFolder()
        try folder.makeFolder("root/toby")
        try folder.write("root/toby/photo.png", try TestPhoto.png(1))
        try folder.write("root/toby/prompt.txt", prompts.joined(separator: "\n"))
        return folder
    }

    private static func worker(of child: Child) async -> Int32? {
        let client = child.client
        return try? await onThread { try client.status().engine.pid }
    }

    private static func lives(_ pid: Int32) -> Bool { kill(pid, 0) == 0 }

    @Test func theWorkerIsKilledAgainAndAgainAndEveryPictureIsMadeOnce() async throws {
        let prompts = (1...6).map { "picture \($0)" }
        let folder = try Self.subject(prompts)
        let child = try Child(folder: folder, stepMilliseconds: 5, hasWorker: true)
        for _ in 1...5 {
            let before = folder.read("log")?.count ?? 0
            _ = await eventually(within: .seconds(5)) { (folder.read("log")?.count ?? 0) > before }
            if let pid = await Self.worker(of: child) { kill(pid, SIGKILL) }
        }
        let client = child.client
        let ended = await eventually {
            guard let status = try? await onThread({ try client.status() }) else { return false }
            return status.subjects.first?.promptLines == 6 && status.waitingCount == 0
                && status.running == nil && status.subjects.first?.state == .idle
        }
        #expect(ended)
        let status = try await onThread { try client.status() }
        // It is still the same daemon, and what was not made was held with its reason, not lost.
        #expect(status.daemon.pid == child.pid)
        let held = status.recent.filter { $0.state == .held }
        #expect(held.allSatisfy { $0.reason?.contains("signal 9") == true })
        let names = folder.names("root/toby/output").filter { $0.hasSuffix(".png") }
        #expect(names.count + held.count == 6)
        #expect(names.allSatisfy { OutputFolder.isWhole(folder("root/toby/output/\($0)")) })
        #expect(child.terminate() == 0)
    }

    @Test(arguments: [SIGKILL, SIGTERM, SIGINT]) func theWorkerEndsWithItsDaemon(signal: Int32) async throws {
        let folder = try Self.subject(["slow"])
        let child = try Child(folder: folder, stepMilliseconds: 60_000, hasWorker: true)
        #expect(await eventually { folder.read("log")?.contains("began") == true })
        let worker = try #require(await Self.worker(of: child))
        #expect(Self.lives(worker) && worker != child.pid)
        // A terminal's keys and a service manager's stop do not reach the worker before the daemon's word.
        for number in [SIGINT, SIGTERM, SIGHUP] { kill(worker, number) }
        #expect(Self.lives(worker) && getpgid(worker) != getpgid(child.pid))
        if signal == SIGKILL { child.kill9() } else { #expect(child.terminate(by: signal) == 0) }
        #expect(await eventually { !Self.lives(worker) })
    }
}
