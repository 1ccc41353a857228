import ArgumentParser
import ControlAPI

/// What the process ends with, and what that means.
enum ExitStatus: Int32, CaseIterable {
    case success = 0
    case failure = 1
    case notRunning = 3
    case noPermission = 4
    case versionSkew = 5
    case timeout = 6
    case usage = 64

    var meaning: String {
        switch self {
        case .success: "it was done, and nothing is wrong"
        case .failure:
            "it failed or was refused; for doctor, model check, cache verify and reproduce: something is wrong"
        case .notRunning: "jedid is not running"
        case .noPermission: "no permission to ask jedid, or to change what was to be changed"
        case .versionSkew: "jedid and jedictl do not fit together"
        case .timeout: "jedid did not answer in time"
        case .usage: "the command line is wrong"
        }
    }

    /// For `--help` and the man page.
    static var table: String {
        "Exit status:\n\n"
            + allCases.map { "  \($0.rawValue)\($0.rawValue < 10 ? " " : "")  \($0.meaning)" }
            .joined(separator: "\n")
    }
}

extension ControlError {
    /// What the process ends with.
    var exitStatus: ExitStatus {
        switch self {
        case .notRunning: .notRunning
        case .noPermission: .noPermission
        case .versionSkew: .versionSkew
        case .timeout: .timeout
        case .refused(let code, _):
            code == ControlFailure.Code.notPermitted.rawValue ? .noPermission : .failure
        case .malformed, .system: .failure
        }
    }
}

extension ExitCode {
    /// Says on standard error what is wrong, and is what the process ends with then.
    static func failing(_ words: String, _ status: ExitStatus = .failure) -> ExitCode {
        Terminal.complain("jedictl: \(words)")
        return ExitCode(status.rawValue)
    }
}
