import Foundation
import Training

/// Step, loss and time left: a line that is written over on a terminal, a line now and then elsewhere.
final class TrainingProgressLine {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var lastTold = ContinuousClock.now
    private var smoothed: Double?

    func show(_ progress: TrainingLoop.Progress) {
        if let loss = progress.loss { smoothed = smoothed.map { 0.95 * $0 + 0.05 * loss } ?? loss }
        let isLast = progress.step == progress.steps
        guard isTerminal || isLast || ContinuousClock.now - lastTold > .seconds(30) else { return }
        lastTold = .now
        let loss = smoothed.map { String(format: "loss %.5f", $0) } ?? "no finite loss"
        let left = progress.secondsLeft.map { ", \(Self.duration($0)) left" } ?? ""
        let text = "step \(progress.step) of \(progress.steps), \(loss)\(isLast ? "" : left)"
        FileHandle.standardError.write(Data((isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n").utf8))
        if isTerminal, isLast { FileHandle.standardError.write(Data("\n".utf8)) }
    }

    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded())
        let (hours, minutes) = (whole / 3600, whole / 60 % 60)
        if hours > 0 { return "\(hours) h \(minutes) min" }
        return minutes > 0 ? "\(minutes) min \(whole % 60) s" : "\(whole) s"
    }
}
