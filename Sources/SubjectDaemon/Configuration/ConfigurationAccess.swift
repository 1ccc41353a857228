import ControlAPI
import FoundationEssentials

/// How the control socket shows the configuration and has it read again.
struct ConfigurationAccess: Sendable {
    /// What holds now.
    var report: @Sendable () async -> ConfigurationReport
    /// Reads the files again, and says what holds then. A bad file changes nothing and is named.
    var reload: @Sendable () async -> ConfigurationReport

    /// A configuration that came from no file and stays what it is.
    static func fixed(_ live: LiveConfiguration) -> ConfigurationAccess {
        let startedAt = Date.now
        let report = { @Sendable (problem: String?) in
            let configuration = live.current
            return ConfigurationReport(
                files: [],
                entries: [
                    ("root", configuration.root), ("socket", configuration.socket),
                    ("state", configuration.stateFolder),
                ].map { .init(key: $0.0, value: $0.1, origin: "command line") },
                problem: problem, reloadedAt: startedAt)
        }
        return ConfigurationAccess {
            report(nil)
        } reload: {
            report("jedid was started without a configuration file")
        }
    }
}
