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

            What stands here holds before what stands in the configuration file. SIGHUP has the file be read again, \
            except where the daemon belongs to a terminal: there it ends, as the terminal does.
            """)

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            The configuration file (else jedid.yaml in CONFIGURATION_DIRECTORY, in /etc/jedi for root and system users, in \
            ~/.config/jedi for others).
            """, valueName: "file"))
    var config: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The folder whose folders are the subjects (else 'root' in the configuration file).",
            valueName: "dir"))
    var root: String?

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
        if let root, root.isEmpty {
            throw ValidationError("--root is empty; name the folder of the subjects.")
        }
        if let config, config.isEmpty {
            throw ValidationError("--config is empty; name the configuration file.")
        }
        if let model = model.model, model.isEmpty {
            throw ValidationError("--model is empty. Name the checkpoint.")
        }
    }

    func run() async throws {
        openStandardStreams()
        try ModelOptions.checkMask()
        let source = ConfigurationSource(
            ConfigurationInputs(
                commandLine: commandLine, environment: ProcessInfo.processInfo.environment,
                embeddedModels: ModelOptions.embeddedModels))
        let effective = try configuration(source)
        let threshold = LogThreshold(effective.logLevel)
        let logs = LogBuffer()
        LoggingSystem.bootstrap { _ in
            MultiplexLogHandler([
                PlainLogHandler(threshold: threshold), RecentLogHandler(logs, threshold: threshold),
            ])
        }
        let logger = Logger(label: "jedid")
        if let file = effective.file { logger.info("the configuration is in \(file)") }
        let engine = WorkerEngine(WorkerSubcommand.command(for: effective.engine), logger: logger)
        var daemon = SubjectDaemon(
            configuration: effective, source: source, engine: engine, logger: logger,
            onEngineChange: { settings in
                await engine.update(WorkerSubcommand.command(for: settings))
                return true
            }, onLogLevelChange: { threshold.level = $0 })
        daemon.logs = logs
        daemon.models = ModelPlaces(configured: effective.engine.model, embedded: ModelOptions.embedded)
        do {
            try await daemon.run()
        } catch {
            logger.critical("\(error)")
            throw ExitCode.failure
        }
    }

    private var commandLine: ConfigurationInputs.CommandLine {
        var line = ConfigurationInputs.CommandLine()
        line.config = config
        line.root = root
        line.state = state
        line.socket = socket
        line.model = model.model
        line.precision = model.chosenPrecision
        line.threads = model.threads
        line.isVerbose = verbose
        return line
    }

    private func configuration(_ source: ConfigurationSource) throws -> EffectiveConfiguration {
        do throws(ConfigurationError) { return try source.load() } catch {
            throw CommandError(error.description)
        }
    }

    /// A stream that was closed by whoever started this would lend its number to the next file that is opened.
    private func openStandardStreams() {
        for stream in 0...2 where fcntl(Int32(stream), F_GETFD) < 0 { _ = open("/dev/null", O_RDWR) }
    }
}
