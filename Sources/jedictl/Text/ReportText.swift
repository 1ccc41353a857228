import ControlAPI
import FoundationEssentials

/// The smaller reports for people.
struct ReportText {
    private typealias Cell = TextTable.Cell

    /// How they are dressed.
    let style: TextStyle

    // MARK: The cache

    func cache(_ report: CacheReport) -> String {
        let total = "\(Words.count(report.entries.count, "encoded photo")), \(Words.bytes(report.totalBytes))"
        let heading = "\(total) in \(TextStyle.safe(report.folder))\n"
        guard !report.entries.isEmpty else { return heading }
        var table = TextTable()
        for entry in report.entries {
            let subjects = entry.subjects.isEmpty ? "no subject" : entry.subjects.joined(separator: ", ")
            let isPresent = report.presentModelHash.map { $0 == entry.modelHash } ?? true
            table.add([
                Cell(String(entry.photoHash.prefix(16))),
                Cell(TextStyle.safe(subjects), entry.subjects.isEmpty ? .quiet : nil),
                Cell("\(entry.width)x\(entry.height)", .quiet),
                Cell(Words.bytes(entry.bytes + (entry.keysValuesBytes ?? 0))),
                Cell(
                    "model \(entry.modelHash.prefix(10))"
                        + (isPresent ? "" : ", another than the present one"),
                    isPresent ? .quiet : .attention),
            ])
        }
        return heading + table.lines(style).joined(separator: "\n") + "\n"
    }

    func cleared(_ report: CacheReport) -> String {
        report.removed == 0
            ? "There was nothing to forget.\n"
            : "Forgot \(Words.count(report.removed, "encoded photo")); "
                + "they are encoded again when a picture needs them.\n"
    }

    func verified(_ report: CacheReport) -> String {
        guard !report.damaged.isEmpty else {
            return "All of \(Words.count(report.entries.count, "encoded photo")) are sound.\n"
        }
        let names = report.damaged.map { "  " + TextStyle.safe($0) }.joined(separator: "\n")
        return style("\(Words.count(report.damaged.count, "file")) damaged and dropped:", .bad)
            + "\n\(names)\n"
            + "Their photos are encoded again when a picture needs them. If this happens again, test the disk.\n"
    }

    // MARK: Models

    func models(_ report: ModelsReport) -> String {
        guard !report.models.isEmpty else {
            return "No models. Bring one in with 'jedictl model import FOLDER'.\n"
        }
        var table = TextTable()
        for model in report.models {
            table.add([
                Cell(TextStyle.safe(model.name)),
                Cell(model.inUse ? "in use" : "", .good), Cell(model.origin.rawValue, .quiet),
                Cell(Words.bytes(model.bytes)), Cell(TextStyle.safe(model.folder)),
            ])
            if let problem = model.problem { table.note(Cell(TextStyle.safe(problem), .bad)) }
        }
        return table.lines(style).joined(separator: "\n") + "\n"
    }

    func check(_ report: ModelCheckReport) -> String {
        let folder = TextStyle.safe(report.folder)
        guard report.usable else {
            return style("\(folder) cannot be used:", .bad) + "\n  "
                + TextStyle.safe(report.problem ?? "no reason was given") + "\n"
        }
        var words = [TextStyle.safe(report.name ?? "the model")]
        if let hash = report.modelHash { words.append(String(hash.prefix(10))) }
        if let width = report.width, let height = report.height { words.append("\(width)x\(height)") }
        if let mode = report.mode { words.append("mode " + TextStyle.safe(mode)) }
        if let memory = report.memoryNeeded { words.append("needs about \(Words.bytes(memory))") }
        return style("\(folder) can be used:", .good) + "\n  " + words.joined(separator: "  ") + "\n"
    }

    // MARK: Configuration and retention

    /// - Parameter all: also what nobody set.
    func configuration(_ report: ConfigurationReport, all: Bool) -> String {
        var text = ""
        if let problem = report.problem {
            text += style("Not all of the configuration holds: ", .attention)
            text += TextStyle.safe(problem) + "\n"
        }
        text +=
            report.files.isEmpty
            ? "No configuration file was read.\n"
            : "Read: " + report.files.map(TextStyle.safe).joined(separator: ", ") + "\n"
        let shown = report.entries.filter { all || $0.origin != "default" }
        var table = TextTable()
        for entry in shown {
            table.add([
                Cell(TextStyle.safe(entry.key)), Cell(TextStyle.safe(entry.value)),
                Cell(TextStyle.safe(entry.origin), .quiet),
            ])
        }
        if shown.isEmpty { return text + "Every value is the default; --effective shows them.\n" }
        return text + table.lines(style).joined(separator: "\n") + "\n"
    }

    func retention(_ report: RetentionReport) -> String {
        guard !report.pictures.isEmpty else { return "The rules remove no picture.\n" }
        let count = Words.count(report.pictures.count, "picture")
        let heading = report.dryRun ? "Would remove \(count):" : "Removed \(count):"
        return heading + "\n" + report.pictures.map { "  " + TextStyle.safe($0) }.joined(separator: "\n")
            + "\n"
    }

    // MARK: Log lines

    func log(_ line: LogReport.Line) -> String {
        let tone: TextStyle.Tone? =
            switch line.level {
            case "debug": .quiet
            case "warning": .attention
            case "error", "critical": .bad
            default: nil
            }
        let level = line.level.padded(to: 8)
        let text = TextStyle.safe(line.text)
        return "\(style(Words.localTime(line.at), .quiet)) \(level) \(tone.map { style(text, $0) } ?? text)\n"
    }
}

extension String {
    /// With blanks at the end, up to so many characters.
    fileprivate func padded(to length: Int) -> String {
        self + String(repeating: " ", count: max(length - count, 0))
    }
}
