import DaemonTestSupport
import Logging
import SubjectDaemon

/// The daemon with the fake engine, as a process of its own that tests can kill.
///
/// Arguments: the root, the state folder, the engine's log, the milliseconds of a step, and perhaps those from one
/// look at a folder that cannot be watched to the next.
@main
struct FakeJedid {
    static func main() async throws {
        let arguments = CommandLine.arguments
        LoggingSystem.bootstrap { _ in PlainLogHandler() }
        var configuration = DaemonConfiguration(
            root: arguments[1], stateFolder: arguments[2], socket: arguments[2] + "/jedid.sock")
        configuration.settleTime = .milliseconds(50)
        if arguments.count > 5, let poll = Int(arguments[5]) {
            configuration.pollInterval = .milliseconds(poll)
            configuration.watchRetryInterval = .milliseconds(poll)
        }
        let engine = FakeEngine(
            steps: 20, stepTime: .milliseconds(Int(arguments[4]) ?? 10), logFile: arguments[3])
        try await SubjectDaemon(configuration: configuration, engine: engine, logger: Logger(label: "jedid"))
            .run { print("ready") }
    }
}
