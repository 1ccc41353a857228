import ControlAPI
import FoundationEssentials
import Logging

/// Holds the configuration of a running daemon: tells it, and reads it again when it is asked to.
///
/// What is read anew holds as a whole or, with a mistake anywhere in it, not at all.
actor ConfigurationKeeper {
    /// What somebody does when settings of theirs have changed.
    struct Listeners: Sendable {
        /// The model, or how it computes, is another one from the next job on; false where that cannot be had
        /// without a restart.
        var engine: @Sendable (EngineSettings) async -> Bool = { _ in false }
        /// Other messages are to be written.
        var logLevel: @Sendable (Logger.Level) -> Void = { _ in }
        /// The rest, once ``LiveConfiguration`` has it.
        var rules: @Sendable () async -> Void = {}
    }

    private let source: ConfigurationSource?
    private let live: LiveConfiguration
    private let notifier: ServiceNotifier
    private let listeners: Listeners
    private let logger: Logger
    private var effective: EffectiveConfiguration
    private var reloadedAt: Date
    private var isReloading = false
    /// Why what stands in the file does not hold, or not all of it.
    private(set) var problem: String?

    /// - Parameters:
    ///   - effective: what holds from the start.
    ///   - source: where it came from; nil for a daemon that was not started from anywhere.
    init(
        _ effective: EffectiveConfiguration, source: ConfigurationSource?, live: LiveConfiguration,
        notifier: ServiceNotifier, listeners: Listeners, logger: Logger, at now: Date = .now
    ) {
        self.effective = effective
        self.source = source
        self.live = live
        self.notifier = notifier
        self.listeners = listeners
        self.logger = logger
        reloadedAt = now
    }

    /// Every setting, for `jedictl config`.
    var report: ConfigurationReport {
        ConfigurationReport(
            files: effective.file.map { [$0] } ?? [], entries: effective.entries, problem: problem,
            reloadedAt: reloadedAt)
    }

    /// Reads the configuration again, and has it hold where nothing is wrong with it.
    @discardableResult
    func reload() async -> ConfigurationReport {
        guard let source else {
            problem = "this jedid was not started from a configuration that could be read again"
            return report
        }
        // A second signal while the first is being followed comes to the same file.
        guard !isReloading else { return report }
        isReloading = true
        defer { isReloading = false }
        notifier.reloading()
        defer { notifier.ready() }
        do throws(ConfigurationError) {
            await take(try source.load(known: effective.file))
        } catch {
            problem = "what held before still holds: \(error)"
            for problem in error.problems { logger.error("the configuration is not read again: \(problem)") }
        }
        return report
    }

    private func take(_ read: EffectiveConfiguration) async {
        var new = read
        var waiting = ConfigurationKey.fixed
        if new.engine != effective.engine, !(await listeners.engine(new.engine)) {
            waiting += ConfigurationKey.ofEngine
            new.engine = effective.engine
        }
        let change = ConfigurationChange(
            from: effective.entries, to: read.entries, waiting: Set(waiting.map(\.name)))
        new.entries = change.entries
        live.replace(new.daemon)
        if new.logLevel != effective.logLevel { listeners.logLevel(new.logLevel) }
        effective = new
        reloadedAt = .now
        problem = change.problem
        let said = change.changed.isEmpty ? "nothing has changed" : change.changed.joined(separator: "; ")
        logger.notice("the configuration was read again: \(said)")
        if let problem { logger.warning("\(problem)") }
        await listeners.rules()
    }
}

/// What a reload changed.
struct ConfigurationChange: Sendable, Equatable {
    /// Every setting as it holds from now on.
    let entries: [ConfigurationReport.Entry]
    /// What became another value, in words.
    let changed: [String]
    /// What stays as it was until the next start, in words; nil where nothing does.
    let problem: String?

    /// - Parameter waiting: the settings that do not change while the daemon runs.
    init(from old: [ConfigurationReport.Entry], to new: [ConfigurationReport.Entry], waiting: Set<String>) {
        let before = Dictionary(old.map { ($0.key, $0) }) { first, _ in first }
        var (entries, changed, later): ([ConfigurationReport.Entry], [String], [String]) = ([], [], [])
        for entry in new {
            guard let was = before[entry.key], was.value != entry.value else {
                entries.append(entry)
                continue
            }
            if waiting.contains(entry.key) {
                entries.append(was)
                later.append(
                    "\(entry.key) is \(entry.value) (\(entry.origin)) from the next start, until then \(was.value)"
                )
            } else {
                entries.append(entry)
                changed.append("\(entry.key) is now \(entry.value), was \(was.value)")
            }
        }
        self.entries = entries
        self.changed = changed
        problem = later.isEmpty ? nil : later.joined(separator: "; ")
    }
}
