import DaemonTestSupport
import FoundationEssentials
import Logging
import SubjectDaemon

/// The daemon with the fake engine, as a process of its own that tests can kill.
///
/// Arguments: the root, the state folder, the engine's log, the milliseconds of a step. In the environment,
/// JEDI_FAKE_HASTE divides the daemon's own times, and JEDI_FAKE_FREE_BYTES is the room that a job asks for.
@main
struct FakeJedid {
    static func main() async throws {
        let arguments = CommandLine.arguments
        LoggingSystem.bootstrap { _ in PlainLogHandler() }
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
        let engine = FakeEngine(
            steps: 20, stepTime: .milliseconds(Int(arguments[4]) ?? 10), logFile: arguments[3])
        try await SubjectDaemon(configuration: configuration, engine: engine, logger: Logger(label: "jedid"))
            .run { print("ready") }
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
