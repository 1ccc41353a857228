import ControlAPI
import FoundationEssentials

/// One thing that changed, for `jedictl watch` where nobody looks at a screen.
struct WatchChange: Codable, Equatable {
    /// What kind of thing.
    enum Event: String, Codable {
        case began, progress, ended, queued, queue, subject, model, root
    }

    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    static let schemaName = "jedi.watch/1"

    /// Always ``schemaName``.
    var schema = Self.schemaName
    /// When it was seen.
    var at: Date
    /// What kind of thing.
    var event: Event
    /// In words.
    var text: String
    /// The job, where it is about one.
    var job: JobStatus?
    /// The subject's name, where it is about one.
    var subject: String?
    /// How far the job is, of a hundred.
    var percent: Int?
}

/// Tells what differs between one report and the next. Pure.
struct WatchLog {
    private var last: StatusReport?
    private var toldPercent = 0

    /// A job's progress is told in steps of so many hundredths.
    private static let percentStep = 25

    init() {}

    /// What changed since the last report; everything of note at the first.
    mutating func changes(to report: StatusReport) -> [WatchChange] {
        var changes: [WatchChange] = []
        let before = last
        func add(
            _ event: WatchChange.Event, _ text: String, job: JobStatus? = nil, subject: String? = nil,
            percent: Int? = nil
        ) {
            changes.append(
                WatchChange(
                    at: report.madeAt, event: event, text: text, job: job, subject: subject ?? job?.subject,
                    percent: percent))
        }
        if report.watching.rootAvailable != (before?.watching.rootAvailable ?? true) {
            add(
                .root,
                report.watching.rootAvailable
                    ? "the root is back" : report.watching.detail ?? "the root is not there")
        }
        if report.engine.state != before?.engine.state || report.engine.detail != before?.engine.detail {
            add(.model, Self.words(report.engine))
        }
        if report.paused != before?.paused, before != nil || report.paused != nil {
            add(.queue, report.paused.map { "paused: \($0)" } ?? "goes on")
        }
        for change in Self.subjects(before?.subjects ?? [], report.subjects, isFirst: before == nil) {
            add(.subject, change.text, subject: change.name)
        }
        if report.waitingCount != (before?.waitingCount ?? 0) {
            add(
                .queued,
                report.waitingCount == 0
                    ? "nothing waits" : "\(Words.count(report.waitingCount, "job")) waiting")
        }
        for job in Self.ended(since: before, in: report) { add(.ended, Self.words(job), job: job) }
        if let running = report.running {
            if before?.running?.job.id != running.job.id || before?.running?.startedAt != running.startedAt {
                toldPercent = 0
                add(
                    .began, "\(running.job.subject): began \"\(running.job.prompt)\"", job: running.job,
                    percent: 0)
            }
            let reached = running.percent / Self.percentStep * Self.percentStep
            if reached > toldPercent {
                toldPercent = reached
                let left = running.secondsLeft.map { ", about \(Words.duration($0)) left" } ?? ""
                add(
                    .progress, "\(running.job.subject): \(StatusText.step(running))\(left)", job: running.job,
                    percent: running.percent)
            }
        }
        last = report
        return changes
    }

    /// The daemon ended, or was another one meanwhile: what comes next is compared with nothing.
    mutating func forget() {
        last = nil
    }

    private static func ended(since before: StatusReport?, in report: StatusReport) -> [JobStatus] {
        guard let before else { return [] }
        let known = before.recent.map { "\($0.id) \($0.state) \($0.finishedAt?.timeIntervalSince1970 ?? 0)" }
        return report.recent.reversed().filter {
            !known.contains("\($0.id) \($0.state) \($0.finishedAt?.timeIntervalSince1970 ?? 0)")
        }
    }

    private static func words(_ job: JobStatus) -> String {
        let took = job.seconds.map { " in \(Words.duration($0))" } ?? ""
        switch job.state {
        case .done: return "\(job.subject): made \(job.output ?? job.id)\(took)"
        default:
            return "\(job.subject): \(job.id) \(job.state.rawValue)" + (job.reason.map { ": \($0)" } ?? "")
        }
    }

    private static func words(_ engine: EngineStatus) -> String {
        let model = engine.model.map { "model \($0)" } ?? "the model"
        let detail = engine.detail.map { ": \($0)" } ?? ""
        return "\(model) is \(engine.state.rawValue)\(detail)"
    }

    private static func subjects(
        _ before: [SubjectStatus], _ after: [SubjectStatus], isFirst: Bool
    ) -> [(name: String, text: String)] {
        let old = Dictionary(before.map { ($0.name, $0) }) { first, _ in first }
        let new = Set(after.map(\.name))
        var changes: [(String, String)] = []
        for subject in before where !new.contains(subject.name) {
            changes.append((subject.name, "\(subject.name): its folder is gone"))
        }
        for subject in after {
            let detail = subject.detail.map { ": \($0)" } ?? ""
            if let old = old[subject.name] {
                guard old.needsAttention != subject.needsAttention || old.detail != subject.detail,
                    subject.state != .settling
                else { continue }
                changes.append((subject.name, "\(subject.name): \(subject.state.words)\(detail)"))
            } else if !isFirst || subject.needsAttention {
                changes.append(
                    (subject.name, "\(subject.name): \(isFirst ? subject.state.words : "is new")\(detail)"))
            }
        }
        return changes
    }
}

extension SubjectStatus.State {
    /// In words.
    var words: String {
        switch self {
        case .idle: "nothing to do"
        case .settling: "files are arriving"
        case .waitingForPhotos: "waits for photos"
        case .promptProblem: "its prompt cannot be read"
        case .working: "jobs wait or run"
        case .unavailable: "unavailable"
        }
    }
}
