import ArgumentParser
import ControlAPI
import Foundation
import Testing

@testable import jedictl

/// Other programs read these forms: a change here is a new schema, or a field that is added.
@Suite struct SchemaTests {
    /// Each form's file is named after its schema: jedi.jobs/1 is held by Goldens/jobs-1.json.
    private static let answers: [(String, String)] = {
        do {
            return [
                ("status-1", try JSONText.text(SampleReport.full)),
                (
                    "subjects-1",
                    try JSONText.text(
                        SubjectsReport(madeAt: Samples.now, subjects: SampleReport.full.subjects))
                ),
                ("jobs-1", try JSONText.text(Samples.jobs)),
                ("queue-1", try JSONText.text(QueueReport(paused: true))),
                (
                    "preview-1",
                    try JSONText.text(PreviewReport(step: 3, steps: 20, png: Data([0x89, 0x50, 0xFF])))
                ),
                ("retention-1", try JSONText.text(RetentionReport(dryRun: true, pictures: ["/a.png"]))),
                ("metrics-1", try JSONText.text(MetricsReport(text: "jedi_up 1\n"))),
                ("cache-1", try JSONText.text(Samples.cache)),
                ("models-1", try JSONText.text(Samples.models)),
                ("model-check-1", try JSONText.text(Samples.check)),
                ("config-1", try JSONText.text(Samples.configuration)),
                ("logs-1", try JSONText.text(Samples.logs)),
                ("log-line-1", try JSONText.line(LogChange(pid: 4242, line: Samples.logs.lines[0]))),
                ("watch-1", try JSONText.line(Samples.watch)),
                (
                    "doctor-1",
                    try JSONText.text(
                        DoctorReport(
                            findings: [
                                Finding(check: "root", state: .bad, text: "it is gone", fix: "mount it"),
                                Finding(check: "clock", state: .ok, text: "the clock is set"),
                            ]))
                ),
                ("reproduction-1", try JSONText.text(Samples.reproduction)),
            ]
        } catch { return [("\(error)", "")] }
    }()

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Goldens")

    /// With JEDI_RECORD_GOLDENS set, forms that have no file yet get theirs.
    @Test(arguments: answers) func theFormIsAsPromised(name: String, text: String) throws {
        let file = Self.folder.appending(path: name + ".json")
        if ProcessInfo.processInfo.environment["JEDI_RECORD_GOLDENS"] != nil,
            !FileManager.default.fileExists(atPath: file.path)
        {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
        let dash = try #require(name.lastIndex(of: "-"))
        #expect(text.contains("\"jedi.\(name[..<dash])/\(name[name.index(after: dash)...])\""))
    }

    @Test func everyFileIsHeldAgainstAForm() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(files) == Set(Self.answers.map { $0.0 + ".json" }))
    }
}

@Suite struct ExitStatusTests {
    @Test(
        arguments: [
            (ControlError.notRunning(searched: []), 3), (.noPermission(socket: ""), 4),
            (.versionSkew(daemon: 1, daemonVersion: nil, client: 2), 5),
            (.timeout(socket: "", seconds: 1), 6), (.malformed(detail: ""), 1),
            (.system(call: "", path: "", reason: ""), 1), (.refused(code: "failed", message: ""), 1),
            (.refused(code: "notPermitted", message: ""), 4),
        ] as [(ControlError, Int32)]) func everyErrorHasItsStatus(error: ControlError, status: Int32)
    {
        #expect(error.exitStatus.rawValue == status)
    }

    @Test func helpTellsThemAll() {
        let help = Jedictl.helpMessage(columns: 100)
        for status in ExitStatus.allCases {
            #expect(
                help.contains(
                    "  \(status.rawValue)\(status.rawValue < 10 ? " " : "")  \(status.meaning.prefix(30))"))
        }
    }

    /// Every command can be used by programs.
    @Test func everyCommandTakesJSON() throws {
        func leaves(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
            let children = command.configuration.subcommands
            return children.isEmpty ? [command] : children.flatMap(leaves)
        }
        let commands = leaves(Jedictl.self)
        #expect(commands.count >= 24)
        for command in commands {
            #expect(command.helpMessage(columns: 200).contains("--json"), "\(command)")
        }
    }
}
