import Glibc

/// What is started as a worker.
public struct WorkerCommand: Sendable, Equatable {
    /// The program's path.
    public var executable: String
    /// What stands in the list of processes, and the arguments.
    public var arguments: [String]
    /// Beside this process's own environment; what is set there already wins.
    public var environment: [String: String]

    /// A program with its arguments, its own name first.
    public init(executable: String, arguments: [String], environment: [String: String] = [:]) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
    }

    /// This program itself, even if another was installed in its place meanwhile.
    public static func own(_ arguments: [String], environment: [String: String] = [:]) -> WorkerCommand {
        WorkerCommand(
            executable: "/proc/self/exe", arguments: [CommandLine.arguments.first ?? "jedid"] + arguments,
            environment: environment)
    }

    /// What the service manager tells the daemon is not for the worker.
    private static let withheld = [
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID",
    ]

    /// `NAME=value` for each variable of the new process.
    func variables(own: [String: String]) -> [String] {
        environment.merging(own) { $1 }.filter { !Self.withheld.contains($0.key) }
            .sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }
}
