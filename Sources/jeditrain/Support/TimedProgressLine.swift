import Foundation

/// How many of how many, and the time that is left: a line that is written over on a terminal, a line now and then
/// elsewhere.
final class TimedProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let total: Int
    private let what: String
    private let start = ContinuousClock.now
    private var lastTold = ContinuousClock.now
    private var done = 0

    init(total: Int, of what: String) {
        (self.total, self.what) = (total, what)
    }

    func advance() {
        done += 1
        guard isTerminal || done == total || ContinuousClock.now - lastTold > .seconds(30) else { return }
        lastTold = .now
        let seconds = (ContinuousClock.now - start) / .seconds(1) / Double(done) * Double(total - done)
        let left = done == total ? "" : ", \(TrainingProgressLine.duration(seconds)) left"
        let text = "\(what) \(done) of \(total)\(left)"
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n").utf8))
        if isTerminal, done == total { FileHandle.standardError.write(Data("\n".utf8)) }
    }
}
