import ArgumentParser
import ControlAPI
import FoundationEssentials
import Glibc
import Logging
import SubjectDaemon

/// `jedid run`: the daemon, in the foreground.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Look after a folder of subjects: make the pictures that their prompt.txt files ask for.",
        discussion: """
            Every folder directly under the root is a subject. Its photos are the references; each line of its \
            prompt.txt that is not empty and does not begin with # becomes a picture in its folder 'output'.
            """)

    @Option(name: .long, help: "The folder whose folders are the subjects.")
    var root: String

    @OptionGroup var model: ModelOptions

    @Option(
        name: .long,
        help: "The control socket (else in RUNTIME_DIRECTORY, XDG_RUNTIME_DIR or the state folder).")
    var socket: String?

    @Option(
        name: .long,
        help: "Where the queue and the cache lie (else STATE_DIRECTORY, else ~/.local/state/jedi).")
    var state: String?

    @Flag(name: .long, help: "Say more about what is done.")
    var verbose = false

    func validate() throws {
        guard !root.isEmpty else {
            throw ValidationError("--root is empty; name the folder of the subjects.")
        }
    }

    func run() async throws {
        openStandardStreams()
        let environment = ProcessInfo.processInfo.environment
        let verbose = verbose
        let logs = LogBuffer()
        LoggingSystem.bootstrap { _ in
            let level: Logger.Level = verbose ? .debug : .info
            return MultiplexLogHandler([PlainLogHandler(level: level), RecentLogHandler(logs, level: level)])
        }
        let logger = Logger(label: "jedid")
        guard let stateFolder = state ?? SocketLocation.stateFolder(environment) else {
            throw CommandError(
                "HOME is not set, so there is no place for the queue and the cache: give --state DIR.")
        }
        let configuration = DaemonConfiguration(
            root: root, stateFolder: stateFolder,
            socket: socket ?? SocketLocation.forDaemon(stateFolder: stateFolder, environment: environment))
        let engine = WorkerEngine(
            .own(try WorkerSubcommand.arguments(for: model), environment: WaitPolicy.environment),
            logger: logger)
        var daemon = SubjectDaemon(configuration: configuration, engine: engine, logger: logger)
        daemon.logs = logs
        daemon.models = ModelPlaces(configured: try model.folder(), embedded: ModelOptions.embedded)
        do {
            try await daemon.run()
        } catch {
            logger.critical("\(error)")
            throw ExitCode.failure
        }
    }

    /// A stream that was closed by whoever started this would lend its number to the next file that is opened.
    private func openStandardStreams() {
        for stream in 0...2 where fcntl(Int32(stream), F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
    }
}
