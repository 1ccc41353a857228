import Foundation
import JointDiffusion

/// Step, percent and time left on a terminal; nothing where nobody looks.
final class ProgressMeter {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private var first: (step: Int, at: ContinuousClock.Instant)?

    func show(_ progress: GenerationProgress) {
        guard isTerminal else { return }
        let now = ContinuousClock.now
        // The first step also prepares weights, so the pace is taken from the steps after it.
        let from = first ?? (0, start)
        if first == nil { first = (progress.step, now) }
        let pace = (now - from.at) / Double(progress.step - from.step)
        let left = pace * Double(progress.total - progress.step)
        let percent = 100 * progress.step / progress.total
        let text = "step \(progress.step) of \(progress.total)  \(percent) %  \(Self.clock(left)) left"
        FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
    }

    /// Clears the line.
    func finish() {
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }

    func report(_ line: String) {
        if isTerminal { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
    }

    private static func clock(_ duration: Duration) -> String {
        let seconds = Int((duration / .seconds(1)).rounded(.up))
        let padded = { (n: Int) in n < 10 ? "0\(n)" : "\(n)" }
        return seconds < 3600
            ? "\(seconds / 60):\(padded(seconds % 60))"
            : "\(seconds / 3600):\(padded(seconds / 60 % 60)):\(padded(seconds % 60))"
    }
}
