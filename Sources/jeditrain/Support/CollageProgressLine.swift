import Collage
import Foundation

/// Set, stage and time left: a line that is written over on a terminal, a line now and then elsewhere.
final class CollageProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private var lastTold: ContinuousClock.Instant?

    func show(_ progress: CollageProgress) {
        let now = ContinuousClock.now
        if !isTerminal, let lastTold, now - lastTold < .seconds(30) { return }
        lastTold = now
        let pace = (now - start) / .seconds(1) / Double(max(1, progress.done))
        let left = TrainingProgressLine.duration(pace * Double(max(0, progress.total - progress.done)))
        let percent = 100 * progress.done / max(1, progress.total)
        let text =
            "set \(progress.set) of \(progress.sets), \(progress.stage), kept \(progress.kept), "
            + "dropped \(progress.dropped), \(percent) %, \(left) left"
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n").utf8))
    }

    /// Clears the line.
    func finish() {
        if isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
    }
}
