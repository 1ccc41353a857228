import ControlAPI
import DaemonTestSupport
import Foundation
import Logging
import Synchronization
import Testing

@testable import SubjectDaemon

/// A configuration that is read again, within a process and by a signal to one.
@Suite struct ReloadTests {
    /// What the listeners were told.
    private final class Told: Sendable {
        let engines = Mutex<[EngineSettings]>([])
        let levels = Mutex<[Logger.Level]>([])
    }

    private struct Kept {
        let folder: TestFolder
        let live: LiveConfiguration
        let keeper: ConfigurationKeeper
        let told = Told()
        let engineCanChange: Bool

        init(_ text: String, engineCanChange: Bool = true) throws {
            folder = try TestFolder()
            self.engineCanChange = engineCanChange
            try folder.write("jedid.yaml", text)
            var line = ConfigurationInputs.CommandLine()
            line.config = folder("jedid.yaml")
            line.state = folder("state")
            line.model = nil
            let source = ConfigurationSource(
                ConfigurationInputs(commandLine: line, environment: ["JEDID_MODEL": ""], embeddedModels: [])
            ) { _ in true }
            let effective = try source.load()
            live = LiveConfiguration(effective.daemon)
            keeper = ConfigurationKeeper(
                effective, source: source, live: live, notifier: .silent,
                listeners: .init(
                    engine: { [told] settings in
                        told.engines.withLock { $0.append(settings) }
                        return engineCanChange
                    }, logLevel: { [told] level in told.levels.withLock { $0.append(level) } }),
                logger: SilentLogger.make())
        }

        func value(_ key: String) async -> String? {
            await keeper.report.entries.first { $0.key == key }?.value
        }
    }

    @Test func whatIsReadAgainHolds() async throws {
        let kept = try Kept("root: /a\nmodel: /m\n")
        try kept.folder.write(
            "jedid.yaml", "root: /a\nmodel: /n\nthreads: 2\nlog: error\nsettle: 5 s\ndefaults: {steps: 7}\n")
        let report = await kept.keeper.reload()
        #expect(report.problem == nil)
        #expect(report.files == [kept.folder("jedid.yaml")])
        #expect(kept.live.current.settleTime == .seconds(5))
        #expect(kept.live.current.defaults.picture.steps == 7)
        let engines = kept.told.engines.withLock { $0 }
        #expect(engines.map(\.model) == ["/n"] && engines.map(\.threads) == [2])
        #expect(kept.told.levels.withLock { $0 } == [.error])
        // What has not changed is not told of again.
        await kept.keeper.reload()
        #expect(kept.told.engines.withLock { $0.count } == 1)
        #expect(kept.told.levels.withLock { $0.count } == 1)
    }

    @Test(arguments: ["settle: 5", "settle: 5 s\npoll: never", "", "settle: [", "\u{0}"])
    func aBadFileKeepsWhatHeld(text: String) async throws {
        let kept = try Kept("root: /a\nmodel: /m\nsettle: 4 s\n")
        let before = await kept.keeper.report
        try kept.folder.write("jedid.yaml", text)
        let report = await kept.keeper.reload()
        #expect(report.entries == before.entries && report.reloadedAt == before.reloadedAt)
        #expect(report.problem?.hasPrefix("what held before still holds: ") == true)
        #expect(kept.live.current.settleTime == .seconds(4))
        try kept.folder.write("jedid.yaml", "root: /a\nmodel: /m\nsettle: 6 s\n")
        #expect(await kept.keeper.reload().problem == nil)
        #expect(kept.live.current.settleTime == .seconds(6))
    }

    @Test func aFileThatIsGoneKeepsWhatHeld() async throws {
        let kept = try Kept("root: /a\nmodel: /m\nsettle: 4 s\n")
        try kept.folder.remove("jedid.yaml")
        #expect(await kept.keeper.reload().problem?.contains("is not there") == true)
        #expect(kept.live.current.settleTime == .seconds(4))
    }

    @Test func whatCannotChangeWhileItRunsIsSaid() async throws {
        let kept = try Kept("root: /a\nmodel: /m\n", engineCanChange: false)
        try kept.folder.write("jedid.yaml", "root: /b\nmodel: /n\nsettle: 9 s\n")
        for _ in 1...2 {
            let problem = await kept.keeper.reload().problem
            #expect(
                problem?.contains(
                    "root is /b (\(kept.folder("jedid.yaml")):1) from the next start, until then /a") == true)
            #expect(problem?.contains("model is /n") == true)
            #expect(kept.live.current.root == "/a" && kept.live.current.settleTime == .seconds(9))
            #expect(await kept.value("root") == "/a")
            #expect(await kept.value("model") == "/m")
        }
    }

    private static let engineSettings = [
        "model: /n", "precision: int8", "threads: 3", "vae: /v", "preview_vae: /p",
        "lora: [/a.safetensors:0.5]", "embeddings: [/toy.safetensors:toy]", "reference_cache: 1 GB",
        "packed_weights: 2 GB",
    ]

    @Test(arguments: engineSettings) func whatTheEngineCannotChangeWhileItRunsIsSaid(setting: String)
        async throws
    {
        let kept = try Kept("root: /a\nmodel: /m\n", engineCanChange: false)
        let key = String(setting.prefix { $0 != ":" })
        let before = await kept.value(key)
        let model = key == "model" ? "" : "model: /m\n"
        try kept.folder.write("jedid.yaml", "root: /a\n\(model)\(setting)\n")
        let problem = await kept.keeper.reload().problem
        #expect(problem?.hasPrefix("\(key) is ") == true, "\(problem ?? "nothing is said")")
        #expect(await kept.value(key) == before)
        #expect(kept.told.engines.withLock { $0.count } == 1)
    }

    @Test func eachSettingOfTheEngineIsAmongThose() {
        #expect(
            Self.engineSettings.map { String($0.prefix { $0 != ":" }) }
                == ConfigurationKey.ofEngine.map(\.name))
    }

    // MARK: Real processes

    /// The daemon with the fake engine, in a session without a terminal, or in one with a terminal of its own.
    private final class Child {
        private let process = Process()
        let folder: TestFolder
        let client: ControlClient

        init(_ folder: TestFolder, withTerminal: Bool = false) throws {
            self.folder = folder
            let program = try FakeProgram.url().path
            let arguments = [folder("root"), folder("state"), folder("log"), "0"]
            client = ControlClient(sockets: [folder("state/jedid.sock")], timeout: 60)
            if withTerminal {
                process.executableURL = URL(filePath: "/usr/bin/script")
                let command = ([program] + arguments).map { "'\($0)'" }.joined(separator: " ")
                process.arguments = ["-qefc", "exec " + command, "/dev/null"]
            } else {
                process.executableURL = URL(filePath: "/usr/bin/setsid")
                process.arguments = [program] + arguments
            }
            var environment = ProcessInfo.processInfo.environment
            environment["JEDI_TEST_CONFIG"] = folder("jedid.yaml")
            process.environment = environment
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        deinit {
            if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        }

        func status() async throws -> StatusReport {
            let client = client
            return try await onThread { try client.status() }
        }

        /// Waits until the daemon answers.
        func started() async throws -> Int32 {
            let client = client
            #expect(await eventually { (try? await onThread { try client.status() }) != nil })
            return try await status().daemon.pid
        }

        func end() -> Int32 {
            process.waitUntilExit()
            return process.terminationStatus
        }
    }

    @Test func aSignalHasTheFileBeReadAgain() async throws {
        let folder = try TestFolder()
        try folder.makeFolder("root")
        try folder.write("jedid.yaml", "settle: 50 ms\n")
        let child = try Child(folder)
        let pid = try await child.started()
        try folder.write("jedid.yaml", "settle: soon\n")
        kill(pid, SIGHUP)
        let client = child.client
        @Sendable func problem() async throws -> String? {
            try await onThread { try client.status().daemon.configurationProblem }
        }
        #expect(await eventually { (try? await problem())?.contains("settle is \"soon\"") == true })
        try folder.write("jedid.yaml", "settle: 60 ms\nreconcile: 7 s\n")
        kill(pid, SIGHUP)
        #expect(
            await eventually {
                (try? await onThread { try client.status().watching.reconcileSeconds }) == 7
            })
        #expect(try await problem() == nil)
        #expect(try await child.status().daemon.pid == pid)
        kill(pid, SIGTERM)
        #expect(child.end() == 0)
    }

    @Test func aTerminalThatClosesEndsTheDaemon() async throws {
        let folder = try TestFolder()
        try folder.makeFolder("root")
        try folder.write("jedid.yaml", "settle: 50 ms\n")
        let child = try Child(folder, withTerminal: true)
        let pid = try await child.started()
        kill(pid, SIGHUP)
        #expect(child.end() == 0)
        #expect(!folder.exists("state/jedid.sock"))
    }
}
