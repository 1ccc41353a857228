import Foundation
import Synchronization

/// How many of how many, on a terminal; nothing where nobody looks.
final class ProgressLine: Sendable {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let total: Int
    private let what: String
    private let done = Mutex(0)

    init(total: Int, of what: String) {
        (self.total, self.what) = (total, what)
    }

    func advance() {
        done.withLock { count in
            count += 1
            guard isTerminal else { return }
            let percent = 100 * count / total
            FileHandle.standardError.write(Data("\r\u{1B}[K\(what) \(count) of \(total)  \(percent) %".utf8))
        }
    }

    /// Clears the line.
    func finish() {
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
