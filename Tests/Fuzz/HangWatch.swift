import Foundation
import Glibc
import Synchronization

/// Ends a child whose input's number stands still.
final class HangWatch: Sendable {
    private struct State {
        var ended = false
        var hung = false
    }

    private let state = Mutex(State())

    init(process: pid_t, progress: String, patience: Duration) {
        Thread.detachNewThread { [self] in
            var (last, since) = (-1, ContinuousClock.now)
            while !state.withLock({ $0.ended }) {
                usleep(50_000)
                let number = (try? Self.number(in: progress)) ?? -1
                if number != last { (last, since) = (number, .now) }
                if .now - since > patience {
                    state.withLock { $0.hung = true }
                    kill(process, SIGKILL)
                    return
                }
            }
        }
    }

    /// - Returns: whether it had to end the child.
    func end() -> Bool {
        state.withLock { state in
            state.ended = true
            return state.hung
        }
    }

    static func number(in progress: String) throws -> Int {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: progress)))
        return bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
