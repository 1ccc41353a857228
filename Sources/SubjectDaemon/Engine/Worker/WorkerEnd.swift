import Glibc

/// How a worker came to its end.
enum WorkerEnd: Sendable, Equatable, CustomStringConvertible {
    /// It was told to.
    case told
    /// It exited with that status.
    case status(Int32)
    /// A signal killed it.
    case signal(Int32)
    /// It gave no sign of life for that many seconds, and was killed.
    case silent(seconds: Int)
    /// It did not end in the time that it had for it, and was killed.
    case slow
    /// What it sent was not understood, and it was killed.
    case misunderstood(String)

    /// From what waitpid(2) tells.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .status((waitStatus >> 8) & 0xFF) : .signal(signal)
    }

    /// In words for the subject's owner.
    var description: String {
        switch self {
        case .told: "the worker was stopped"
        case .status(127): "the worker could not be started (status 127)"
        case .status(let status): "the worker ended by itself with status \(status)"
        case .signal(SIGKILL):
            "the worker was killed by signal 9: was memory short? A smaller picture or fewer photos need less"
        case .signal(let number): "the worker crashed (signal \(number), \(Self.name(number)))"
        case .silent(let seconds): "the worker gave no sign of life for \(seconds) s and was killed"
        case .slow: "the worker did not stop when it was told to and was killed"
        case .misunderstood(let reason): "the worker was killed because \(reason)"
        }
    }

    private static func name(_ signal: Int32) -> String {
        String(cString: strsignal(signal)).lowercased()
    }
}
