import ControlAPI
import FoundationEssentials

/// Jobs for people.
struct JobsText {
    private typealias Cell = TextTable.Cell

    /// How they are dressed.
    let style: TextStyle

    /// A table of jobs, its last line's end included.
    func table(_ report: JobsReport) -> String {
        guard !report.jobs.isEmpty else { return "No such jobs.\n" }
        var table = TextTable()
        for job in report.jobs {
            table.add([
                Cell(TextStyle.safe(job.id), .quiet), state(job), Cell(TextStyle.safe(job.subject)),
                Cell(when(job, report.madeAt), .quiet), Cell(style.quoted(job.prompt, reserved: 60)),
            ])
            if let output = job.output { table.note(Cell(TextStyle.safe(output))) }
            if let reason = job.reason {
                table.note(Cell(TextStyle.safe(reason), job.state == .failed ? .bad : .attention))
            }
        }
        return table.lines(style).joined(separator: "\n") + "\n"
    }

    /// What was done to which jobs: "cancelled 2 jobs:" and the table.
    func outcome(_ done: String, _ report: JobsReport) -> String {
        guard !report.jobs.isEmpty else { return "There was nothing to do: no job is in a state for that.\n" }
        return "\(done) \(Words.count(report.jobs.count, "job")):\n" + table(report)
    }

    private func state(_ job: JobStatus) -> TextTable.Cell {
        let tone: TextStyle.Tone =
            switch job.state {
            case .queued: .quiet
            case .running: .busy
            case .done: .good
            case .held, .cancelled: .attention
            case .failed: .bad
            }
        let place = job.position.map { " (\($0))" } ?? ""
        return Cell((job.state == .queued ? "waits" : job.state.rawValue) + place, tone)
    }

    private func when(_ job: JobStatus, _ now: Date) -> String {
        guard let finished = job.finishedAt else {
            return job.secondsLeft.map { "done in about " + Words.duration($0) } ?? ""
        }
        let took = job.seconds.map { ", in " + Words.duration($0) } ?? ""
        return Words.ago(finished, now) + (job.state == .done ? took : "")
    }
}
