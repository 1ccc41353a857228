import ControlAPI
import FoundationEssentials

/// The report for people.
struct StatusText {
    private typealias Cell = TextTable.Cell

    /// How it is dressed.
    let style: TextStyle

    init(style: TextStyle) {
        self.style = style
    }

    /// The whole report, its last line's end included.
    func text(_ report: StatusReport) -> String {
        var sections = [daemon(report)]
        if let paused = report.paused {
            sections.append([style("Paused: " + TextStyle.safe(paused), .attention)])
        }
        if let running = report.running { sections.append(now(running)) }
        if report.waitingCount > 0 { sections.append(waiting(report)) }
        sections.append(subjects(report))
        if !report.recent.isEmpty { sections.append(recent(report)) }
        return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    func daemon(_ report: StatusReport) -> [String] {
        let up = Words.duration(report.madeAt.timeIntervalSince(report.daemon.startedAt))
        var table = TextTable()
        table.add([Cell("root", .quiet), Cell(TextStyle.safe(report.daemon.root))])
        let watching = report.watching
        if let detail = watching.detail {
            table.note(Cell(TextStyle.safe(detail), watching.rootAvailable ? .attention : .bad))
        }
        table.add([Cell("model", .quiet), model(report.engine)])
        table.add([Cell("checked", .quiet), Cell(checked(watching, at: report.madeAt))])
        if let problem = report.daemon.configurationProblem {
            table.add([Cell("settings", .quiet), Cell(TextStyle.safe(problem), .attention)])
        }
        let title = style("jedid \(report.daemon.version)", .heading)
        return ["\(title)  up \(up)  pid \(report.daemon.pid)"] + table.lines(style)
    }

    private func model(_ engine: EngineStatus) -> Cell {
        var words: [String] = []
        if let model = engine.model { words.append(TextStyle.safe(model)) }
        if let hash = engine.modelHash { words.append(String(hash.prefix(10))) }
        if let width = engine.width, let height = engine.height { words.append("\(width)x\(height)") }
        if let mode = engine.mode { words.append("mode \(mode)") }
        switch engine.state {
        case .ready:
            return Cell(words.joined(separator: "  "))
        case .starting, .loading:
            return Cell((words + ["being loaded"]).joined(separator: "  "), .busy)
        case .asleep:
            return Cell((words + ["asleep"]).joined(separator: "  "))
        case .unavailable:
            return Cell(
                TextStyle.safe((words + [engine.detail ?? "unavailable"]).joined(separator: "  ")), .bad)
        }
    }

    private func checked(_ watching: WatchingStatus, at now: Date) -> String {
        guard let last = watching.lastReconcile else { return "not yet" }
        let found =
            watching.lastDrift == 0
            ? "nothing had been missed" : "\(Words.count(watching.lastDrift, "change")) had been missed"
        return "\(Words.ago(last, now)), \(found)"
    }

    func now(_ running: RunningJobStatus) -> [String] {
        let left = running.secondsLeft.map { "about \(Words.duration($0)) left" } ?? ""
        var table = TextTable()
        table.add([
            Cell(TextStyle.safe(running.job.subject), .busy), Cell(prompt(running.job, reserved: 24)),
        ])
        table.note(
            Cell([bar(running), Self.step(running), left].filter { !$0.isEmpty }.joined(separator: "  ")))
        return [style("Now", .heading)] + table.lines(style)
    }

    /// What is being done for a job, in a few words.
    static func step(_ running: RunningJobStatus) -> String {
        switch running.phase {
        case .encoding: "looking at the photos"
        case .decoding: "steps done, developing the picture"
        case .writing: "writing the picture"
        case .denoising:
            running.steps == 0
                ? "beginning" : "step \(running.step) of \(running.steps)  \(running.percent) %"
        }
    }

    /// Only where it can be redrawn in the mind's eye: on a terminal.
    private func bar(_ running: RunningJobStatus) -> String {
        guard style.width != nil, running.steps > 0 else { return "" }
        return TextStyle.bar(percent: running.percent)
    }

    func waiting(_ report: StatusReport) -> [String] {
        var table = TextTable()
        for job in report.waiting {
            table.add([
                Cell(job.position.map(String.init) ?? "-", .quiet), Cell(TextStyle.safe(job.subject)),
                Cell(prompt(job, reserved: 30)),
            ])
            if let reason = job.reason { table.note(Cell(TextStyle.safe(reason), .attention)) }
        }
        var lines = [style("Waiting (\(report.waitingCount))", .heading)] + table.lines(style)
        if report.waitingCount > report.waiting.count {
            lines.append("  and \(report.waitingCount - report.waiting.count) more")
        }
        return lines
    }

    func subjects(_ report: StatusReport) -> [String] {
        guard !report.subjects.isEmpty else {
            let hint =
                report.watching.rootAvailable
                ? "None yet: make a folder with photos and a prompt.txt in \(TextStyle.safe(report.daemon.root))"
                : "None: the root is not there"
            return [style("Subjects (0)", .heading), "  " + style(hint, .quiet)]
        }
        var table = TextTable()
        for subject in report.subjects { add(subject, to: &table) }
        let leftOut = report.subjectsLeftOut ?? 0
        let more = leftOut > 0 ? ["  and \(leftOut) more that have nothing to tell"] : []
        return [style("Subjects (\(report.subjects.count + leftOut))", .heading)] + table.lines(style) + more
    }

    private func add(_ subject: SubjectStatus, to table: inout TextTable) {
        let photos = Words.count(subject.photosUsed.count, "photo")
        let encoded =
            subject.photosUsed.isEmpty
            ? "" : "\(subject.photosEncoded) of \(subject.photosUsed.count) encoded"
        table.add([
            Cell(TextStyle.safe(subject.name)), Cell(photos), Cell(encoded, .quiet), state(subject),
            Cell(subject.backend.rawValue, .quiet),
        ])
        if let detail = subject.detail { table.note(Cell(TextStyle.safe(detail), .attention)) }
        if let reason = subject.backendReason { table.note(Cell(TextStyle.safe(reason), .quiet)) }
        for photo in subject.photosRejected {
            table.note(Cell(TextStyle.safe("rejected \(photo.file): \(photo.reason)"), .bad))
        }
        for photo in subject.photosLeftOut {
            table.note(Cell(TextStyle.safe("left out \(photo.file): \(photo.reason)"), .quiet))
        }
    }

    private func state(_ subject: SubjectStatus) -> Cell {
        switch subject.state {
        case .idle:
            Cell(subject.jobsDone > 0 ? "\(Words.count(subject.jobsDone, "picture")) made" : "idle", .good)
        case .settling: Cell("files arriving", .busy)
        case .waitingForPhotos: Cell("waits for photos", .attention)
        case .promptProblem: Cell("prompt cannot be read", .bad)
        case .working: Cell(Words.count(subject.jobsWaiting, "job"), .busy)
        case .unavailable: Cell("unavailable", .bad)
        }
    }

    func recent(_ report: StatusReport) -> [String] {
        var table = TextTable()
        for job in report.recent {
            let tone: TextStyle.Tone = job.state == .done ? .good : .bad
            let took = job.seconds.map { "in " + Words.duration($0) } ?? ""
            table.add([
                Cell(job.state.rawValue, tone), Cell(TextStyle.safe(job.subject)), Cell(took),
                Cell(job.finishedAt.map { Words.ago($0, report.madeAt) } ?? "", .quiet),
                Cell(prompt(job, reserved: 60)),
            ])
            if let output = job.output { table.note(Cell(TextStyle.safe(output))) }
            if let reason = job.reason { table.note(Cell(TextStyle.safe(reason), tone)) }
        }
        return [style("Last", .heading)] + table.lines(style)
    }

    private func prompt(_ job: JobStatus, reserved: Int) -> String {
        style.quoted(job.prompt, reserved: reserved)
    }
}
