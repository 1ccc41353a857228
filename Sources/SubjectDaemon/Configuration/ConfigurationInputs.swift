import ControlAPI
import Glibc
import Tensors

/// What a daemon's process was started with: where its configuration comes from.
public struct ConfigurationInputs: Sendable {
    /// What the command line says. Nil where it says nothing.
    public struct CommandLine: Sendable {
        public var config: String?
        public var root: String?
        public var state: String?
        public var socket: String?
        public var model: String?
        public var precision: PrecisionChoice?
        public var threads: Int?
        public var isVerbose = false

        public init() {}
    }

    /// What the command line says.
    public var commandLine: CommandLine
    /// The process's environment.
    public var environment: [String: String]
    /// The process's user.
    public var user: UInt32
    /// Where the model that comes along may be, the first that is there being used.
    public var embeddedModels: [String]

    public init(
        commandLine: CommandLine, environment: [String: String], user: UInt32 = geteuid(),
        embeddedModels: [String] = []
    ) {
        self.commandLine = commandLine
        self.environment = environment
        self.user = user
        self.embeddedModels = embeddedModels
    }

    /// The file's name within its folder.
    static let fileName = "jedid.yaml"

    /// Where the configuration file is looked for: the first that is there is read, no other.
    ///
    /// The system's own users, root among them, have theirs in /etc; people have theirs at home, and one service's
    /// file is not theirs.
    var files: [String] {
        if let told = commandLine.config { return [AbsolutePath.of(told)] }
        if let folder = environment["CONFIGURATION_DIRECTORY"]?.split(separator: ":").first,
            folder.hasPrefix("/")
        {
            return ["\(folder)/\(Self.fileName)"]
        }
        if user < 1000 { return ["/etc/jedi/\(Self.fileName)"] }
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
            return ["\(folder)/jedi/\(Self.fileName)"]
        }
        return environment["HOME"].map { ["\($0)/.config/jedi/\(Self.fileName)"] } ?? []
    }
}
