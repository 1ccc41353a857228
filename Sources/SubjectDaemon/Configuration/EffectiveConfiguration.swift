import ControlAPI
import Logging
import Tensors

/// What holds after all: the command line before the environment's model, that before the file, the file before the
/// system's folders and the defaults.
public struct EffectiveConfiguration: Sendable {
    /// What the daemon goes by.
    public var daemon: DaemonConfiguration
    /// What the engine goes by.
    public var engine: EngineSettings
    /// The least grave messages that are written.
    public var logLevel: Logger.Level
    /// Each setting, its value and who says so.
    public var entries: [ConfigurationReport.Entry]
    /// The file that was read; nil where there is none.
    public var file: String?

    /// A configuration that comes from nowhere but the program itself.
    init(fixed daemon: DaemonConfiguration) {
        self.daemon = daemon
        engine = EngineSettings(model: "")
        logLevel = .info
        var settings = DaemonSettings()
        settings.rules = daemon
        (settings.root, settings.state, settings.socket) = (daemon.root, daemon.stateFolder, daemon.socket)
        entries = Self.entries(settings, origins: [:])
    }

    private init(
        daemon: DaemonConfiguration, engine: EngineSettings, logLevel: Logger.Level,
        entries: [ConfigurationReport.Entry], file: String?
    ) {
        self.daemon = daemon
        self.engine = engine
        self.logLevel = logLevel
        self.entries = entries
        self.file = file
    }

    private static func entries(
        _ settings: DaemonSettings, origins: [String: String]
    ) -> [ConfigurationReport.Entry] {
        let ofDaemon = ConfigurationKey.all.map { key in
            ConfigurationReport.Entry(
                key: key.name, value: key.text(settings) ?? key.otherwise,
                origin: origins[key.name] ?? "default")
        }
        let ofPrompts = PromptOptionText.all(settings.rules.defaults).map { name, value, otherwise in
            ConfigurationReport.Entry(
                key: "defaults." + name, value: value ?? otherwise,
                origin: origins["defaults." + name] ?? "default")
        }
        return ofDaemon + ofPrompts
    }

    /// What follows from all of that.
    ///
    /// - Parameters:
    ///   - embeddedModel: the model that comes along, where it is there.
    ///   - isFaster: whether that precision takes less time on this processor than float32.
    static func make(
        _ inputs: ConfigurationInputs, file: ConfigurationFile?, embeddedModel: String?,
        isFaster: (Precision) -> Bool
    ) throws(ConfigurationError) -> EffectiveConfiguration {
        var maker = Maker(inputs: inputs, file: file)
        try maker.takeFile()
        maker.takeCommandLine()
        maker.takeEnvironment(embeddedModel: embeddedModel)
        return try maker.finish(isFaster: isFaster)
    }

    /// Puts the sources together, the weaker ones first where a later one replaces them.
    private struct Maker {
        let inputs: ConfigurationInputs
        let file: ConfigurationFile?
        var settings = DaemonSettings()
        /// Who set what. What is not in it is a default.
        var origins: [String: String] = [:]

        mutating func takeFile() throws(ConfigurationError) {
            guard let file else { return }
            for entry in file.entries {
                do throws(WritingMistake) {
                    try ConfigurationKey.named(entry.name)?.read(entry.value, &settings)
                } catch {
                    throw ConfigurationError([error.at(entry.line).described(in: file.path)])
                }
                origins[entry.name] = "\(file.path):\(entry.line)"
            }
            settings.rules.defaults = file.defaults.over(PromptOptions())
            for (name, line) in file.linesOfDefaults { origins["defaults." + name] = "\(file.path):\(line)" }
        }

        mutating func takeCommandLine() {
            let line = inputs.commandLine
            func path(_ text: String?) -> String? { text.map(AbsolutePath.of) }
            set("root", path(line.root)) { $0.root = $1 }
            set("state", path(line.state)) { $0.state = $1 }
            set("socket", path(line.socket)) { $0.socket = $1 }
            set("model", path(line.model)) { $0.model = $1 }
            set("precision", line.precision) { $0.precision = $1 }
            set("threads", line.threads) { $0.threads = $1 }
            if line.isVerbose { set("log", Logger.Level.debug) { $0.logLevel = $1 } }
        }

        private mutating func set<Value>(
            _ name: String, _ value: Value?, by origin: String = "command line",
            _ assign: (inout DaemonSettings, Value) -> Void
        ) {
            guard let value else { return }
            assign(&settings, value)
            origins[name] = origin
        }

        mutating func takeEnvironment(embeddedModel: String?) {
            let environment = inputs.environment
            if let model = environment["JEDID_MODEL"], !model.isEmpty, origins["model"] != "command line" {
                set("model", AbsolutePath.of(model), by: "environment JEDID_MODEL") { $0.model = $1 }
            }
            if settings.model == nil { settings.model = embeddedModel }
            if settings.state == nil {
                settings.state = SocketLocation.stateFolder(environment).map(AbsolutePath.of)
                note("state", ["STATE_DIRECTORY", "XDG_STATE_HOME"])
            }
            if settings.socket == nil, let state = settings.state {
                settings.socket = AbsolutePath.of(
                    SocketLocation.forDaemon(stateFolder: state, environment: environment))
                note("socket", ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"])
            }
        }

        /// Remembers which of the variables a folder came from.
        private mutating func note(_ name: String, _ variables: [String]) {
            let variable = variables.first { inputs.environment[$0]?.hasPrefix("/") == true }
            if let variable { origins[name] = "environment \(variable)" }
        }

        func finish(isFaster: (Precision) -> Bool) throws(ConfigurationError) -> EffectiveConfiguration {
            var problems: [String] = []
            let place = file?.path ?? inputs.files.first ?? "the configuration file given with --config"
            if settings.root == nil {
                problems.append(
                    "nothing says where the subjects are: give --root DIR, or put 'root: /the/folder' into \(place)"
                )
            }
            if settings.state == nil {
                problems.append(
                    "HOME is not set, so there is no place for the queue and the cache: give --state DIR")
            }
            if settings.model == nil {
                problems.append(
                    "No model was named and none came along (looked in \(inputs.embeddedModels.joined(separator: ", "))). "
                        + "Give --model DIR, set JEDID_MODEL, or put 'model: /the/folder' into \(place).")
            }
            let precision = settings.precision.resolved(isFaster)
            guard let root = settings.root, let state = settings.state, let socket = settings.socket,
                let model = settings.model, problems.isEmpty
            else { throw ConfigurationError(problems) }
            var daemon = settings.rules
            (daemon.root, daemon.stateFolder, daemon.socket) = (root, state, socket)
            let leftFree = max(BudgetedFolder.usualLeftFree, daemon.freeBytesNeeded)
            return EffectiveConfiguration(
                daemon: daemon,
                engine: EngineSettings(
                    model: model, precision: precision, threads: settings.threads,
                    adapters: settings.adapters, embeddings: settings.embeddings,
                    autoencoder: settings.autoencoder, previewDecoder: settings.previewDecoder,
                    keysValues: settings.keysValuesBytes.map {
                        EngineCachePlace(
                            folder: ReferenceCache.keysValuesFolder(stateFolder: state), bytes: $0,
                            leftFree: leftFree)
                    },
                    packedWeights: settings.packedWeightsBytes.map {
                        EngineCachePlace(folder: "\(state)/PackedWeights", bytes: $0, leftFree: leftFree)
                    }, hashes: "\(state)/\(ModelHashMemory.fileName)"),
                logLevel: settings.logLevel,
                entries: EffectiveConfiguration.entries(settings, origins: origins), file: file?.path)
        }
    }
}
