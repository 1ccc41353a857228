import ControlAPI

/// What the daemon is doing, in the line that `systemctl status` shows.
enum ServiceStatusLine {
    /// Before the first look at every folder is through.
    static let beginning = "looks at every subject for the first time"
    /// After the end was asked for.
    static let ending = "puts the picture under way aside and ends"

    /// - Parameters:
    ///   - waiting: how many jobs wait, the one under way left out.
    ///   - trouble: why the root or its watch is not as it should be.
    static func text(
        running: RunningJobStatus?, waiting: Int, paused: String?, subjects: Int, trouble: String?
    ) -> String {
        var parts: [String] = []
        if let running { parts.append(progress(running)) }
        if let paused {
            parts.append(running == nil ? "no picture is begun: \(paused)" : paused)
        }
        if waiting > 0 { parts.append("\(waiting) \(waiting == 1 ? "waits" : "wait")") }
        if parts.isEmpty {
            parts.append("nothing to do; looks after \(subjects) \(subjects == 1 ? "subject" : "subjects")")
        }
        if let trouble { parts.append(trouble) }
        return parts.joined(separator: "; ")
    }

    private static func progress(_ running: RunningJobStatus) -> String {
        let subject = running.job.subject
        switch running.phase {
        case .encoding: return "\(subject): looks at the photos"
        case .decoding: return "\(subject): steps done, develops the picture"
        case .writing: return "\(subject): writes the picture"
        case .denoising:
            guard running.steps > 0 else { return "\(subject): begins a picture" }
            let left = running.secondsLeft.map { ", about \(seconds($0)) left" } ?? ""
            return "\(subject): step \(running.step) of \(running.steps), \(running.percent) %\(left)"
        }
    }

    /// Rough, for a line that is seconds old when it is read.
    private static func seconds(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up))
        return switch whole {
        case ..<120: "\(whole) s"
        case ..<7200: "\((whole + 30) / 60) min"
        default: "\((whole + 1800) / 3600) h"
        }
    }
}
