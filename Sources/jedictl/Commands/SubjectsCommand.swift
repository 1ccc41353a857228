import ArgumentParser
import ControlAPI
import FoundationEssentials

/// `jedictl subjects`: the folders under the root and how they are.
struct SubjectsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "subjects",
        abstract:
            "Show the subjects: their photos, those that cannot be used and why, and what is to be done.")

    @Argument(help: "Only these subjects; all of them otherwise.", completion: Completions.subjects)
    var names: [String] = []

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let status = try connection.ask { client throws(ControlError) in try client.status() }
        let known = Set(status.subjects.map(\.name))
        if let name = names.first(where: { !known.contains($0) }) {
            throw ExitCode.failing(
                "there is no subject '\(name)': a subject is a folder directly under \(status.daemon.root)")
        }
        let report = SubjectsReport(
            madeAt: status.madeAt,
            subjects: status.subjects.filter { names.isEmpty || names.contains($0.name) })
        try connection.show(report) { style in
            var shown = status
            shown.subjects = report.subjects
            return StatusText(style: style).subjects(shown).joined(separator: "\n") + "\n"
        }
    }
}

/// The subjects alone.
struct SubjectsReport: Codable, Equatable {
    /// The name and version of this form. A field may be added under the same name; none changes its meaning.
    static let schemaName = "jedi.subjects/1"

    /// Always ``schemaName``.
    var schema = Self.schemaName
    /// When the report was made.
    var madeAt: Date
    /// The subjects, by name.
    var subjects: [SubjectStatus]
}
