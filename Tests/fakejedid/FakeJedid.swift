import DaemonTestSupport
import Foundation
import Logging

@testable import SubjectDaemon

/// The daemon with the fake engine, as a process of its own that tests can kill.
///
/// Arguments: the root, the state folder, the engine's log, the milliseconds of a step, and perhaps `worker` to have
/// the engine in another process and `poll=` with the milliseconds from one look at a folder that cannot be watched to
/// the next. Or: `worker`, the engine's log, the milliseconds of a step, and what it does wrong.
/// In the environment, JEDI_TEST_CONFIG names a configuration file, JEDI_FAKE_HASTE divides the daemon's own times,
/// JEDI_FAKE_FREE_BYTES is the room that a job asks for, JEDI_FAKE_STOP the step after which a picture stands still, and
/// JEDI_FAKE_CLOCK a file with the seconds by which the calendar's clock goes wrong.
@main
struct FakeJedid {
    static func main() async throws {
        let arguments = CommandLine.arguments
        LoggingSystem.bootstrap { _ in PlainLogHandler() }
        if arguments[1] == "worker" {
            await work(log: arguments[2], milliseconds: arguments[3], fault: arguments.dropFirst(4).first)
        }
        var configuration = DaemonConfiguration(
            root: arguments[1], stateFolder: arguments[2], socket: arguments[2] + "/jedid.sock")
        let environment = ProcessInfo.processInfo.environment
        if let haste = environment["JEDI_FAKE_HASTE"].flatMap(Double.init) {
            configuration.hasten(by: haste)
        } else {
            configuration.settleTime = .milliseconds(50)
        }
        if let bytes = environment["JEDI_FAKE_FREE_BYTES"].flatMap(Int64.init) {
            configuration.freeBytesNeeded = bytes
        }
        let choices = arguments.dropFirst(5)
        if let poll = choices.compactMap({ $0.hasPrefix("poll=") ? Int($0.dropFirst(5)) : nil }).first {
            configuration.pollInterval = .milliseconds(poll)
            configuration.watchRetryInterval = .milliseconds(poll)
        }
        let logger = Logger(label: "jedid")
        let engine: any PictureEngine =
            choices.contains("worker")
            ? WorkerEngine(.own(["worker", arguments[3], arguments[4]]), logger: logger)
            : engine(log: arguments[3], milliseconds: arguments[4])
        var daemon = SubjectDaemon(configuration: configuration, engine: engine, logger: logger)
        if let file = environment["JEDI_TEST_CONFIG"] {
            var line = ConfigurationInputs.CommandLine()
            line.config = file
            (line.root, line.state, line.socket) = (arguments[1], arguments[2], configuration.socket)
            line.model = "/no/model"
            let source = ConfigurationSource(ConfigurationInputs(commandLine: line, environment: [:]))
            daemon = SubjectDaemon(
                configuration: try source.load(), source: source, engine: engine, logger: logger,
                onEngineChange: { _ in true }, onLogLevelChange: { _ in })
        }
        var parts = SubjectDaemon.Parts()
        if let file = environment["JEDI_FAKE_CLOCK"] { parts.time = WrongTime(file: file) }
        try await daemon.run(parts: parts) { print("ready") }
    }

    private static func engine(log: String, milliseconds: String) -> FakeEngine {
        let engine = FakeEngine(steps: 20, stepTime: .milliseconds(Int(milliseconds) ?? 10), logFile: log)
        if let last = ProcessInfo.processInfo.environment["JEDI_FAKE_STOP"].flatMap(Int.init) {
            engine.setStepMischief { _, step in if step > last { try await Task.sleep(for: .seconds(86_400)) }
            }
        }
        return engine
    }

    private static func work(log: String, milliseconds: String, fault: String?) async -> Never {
        let engine = engine(log: log, milliseconds: milliseconds)
        switch fault {
        case "garbage": say(Array("this is no message of any protocol".utf8))
        case "too long": say([UInt8(ascii: "J"), UInt8(ascii: "W"), 1, 0, 0xFF, 0xFF, 0xFF, 0xFF])
        case "cut short": say([UInt8(ascii: "J"), UInt8(ascii: "W"), 1, 0, 100, 0, 0, 0, 1, 2, 3]); exit(0)
        case "another protocol": say([UInt8(ascii: "J"), UInt8(ascii: "W"), 9, 0, 4, 0, 0, 0, 0, 0, 0, 0])
        case "status": exit(3)
        case "talks":
            for number in 1...500 { FileHandle.standardError.write(Data("line \(number)\n".utf8)) }
            FileHandle.standardError.write(Data(repeating: UInt8(ascii: "x"), count: 1 << 20))
        case "crash": engine.setMischief { _ in abort() }
        case "silent":
            engine.setMischief { _ in await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            }
        default: break
        }
        await WorkerService(engine).run()
    }

    private static func say(_ bytes: [UInt8]) {
        FileHandle.standardOutput.write(Data(bytes))
    }
}

extension DaemonConfiguration {
    /// Has hours pass in minutes.
    fileprivate mutating func hasten(by haste: Double) {
        for path in [
            \Self.settleTime, \.incompleteTime, \.reconcileInterval, \.pollInterval, \.watchRetryInterval,
            \.retryInterval, \.workerIdleTime,
        ] { self[keyPath: path] = self[keyPath: path] / haste }
    }
}
