import Glibc
import ServiceLifecycle
import UnixSignals

/// What SIGHUP means to this process.
enum HangUp: Sendable, Equatable {
    /// The terminal closed: the end, in order.
    case ends
    /// Read the configuration again.
    case reloads
    /// Nothing: it was started with nohup.
    case isIgnored

    /// - Parameters:
    ///   - hasTerminal: whether the process belongs to a terminal that can close.
    ///   - canReload: whether there is a configuration to read.
    init(wasIgnored: Bool, hasTerminal: Bool, canReload: Bool) {
        self = wasIgnored ? .isIgnored : hasTerminal || !canReload ? .ends : .reloads
    }

    /// What it means here and now. Asked at the start: once a terminal has closed, it is gone.
    static func ofThisProcess(canReload: Bool) -> HangUp {
        HangUp(wasIgnored: isIgnoredNow, hasTerminal: hasTerminal, canReload: canReload)
    }

    private static var isIgnoredNow: Bool {
        var before = sigaction()
        return sigaction(SIGHUP, nil, &before) == 0
            && unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self)
                == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// The kernel gives this name to the terminal that a process belongs to, if it belongs to one.
    private static var hasTerminal: Bool {
        let descriptor = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else { return isatty(STDIN_FILENO) == 1 }
        close(descriptor)
        return true
    }
}

/// Reads the configuration again at each SIGHUP.
struct ReloadService: Service {
    private let signals: UnixSignalsSequence
    private let keeper: ConfigurationKeeper

    /// From here on the signal ends the process no more.
    init(keeper: ConfigurationKeeper) async {
        self.keeper = keeper
        signals = await UnixSignalsSequence(trapping: .sighup)
    }

    func run() async throws {
        for await _ in signals.cancelOnGracefulShutdown() { await keeper.reload() }
    }
}
