import DaemonTestSupport
import FoundationEssentials
import Logging
import SubjectDaemon

/// The daemon with the fake engine, as a process of its own that tests can kill.
///
/// Arguments: the root, the state folder, the engine's log, the milliseconds of a step. JEDI_TEST_CONFIG names
/// a configuration file.
@main
struct FakeJedid {
    static func main() async throws {
        let arguments = CommandLine.arguments
        LoggingSystem.bootstrap { _ in PlainLogHandler() }
        var configuration = DaemonConfiguration(
            root: arguments[1], stateFolder: arguments[2], socket: arguments[2] + "/jedid.sock")
        configuration.settleTime = .milliseconds(50)
        let engine = FakeEngine(
            steps: 20, stepTime: .milliseconds(Int(arguments[4]) ?? 10), logFile: arguments[3])
        let logger = Logger(label: "jedid")
        var daemon = SubjectDaemon(configuration: configuration, engine: engine, logger: logger)
        if let file = ProcessInfo.processInfo.environment["JEDI_TEST_CONFIG"] {
            var line = ConfigurationInputs.CommandLine()
            line.config = file
            (line.root, line.state, line.socket) = (arguments[1], arguments[2], configuration.socket)
            line.model = "/no/model"
            let source = ConfigurationSource(ConfigurationInputs(commandLine: line, environment: [:]))
            daemon = SubjectDaemon(
                configuration: try source.load(), source: source, engine: engine, logger: logger,
                onEngineChange: { _ in true }, onLogLevelChange: { _ in })
        }
        try await daemon.run { print("ready") }
    }
}
