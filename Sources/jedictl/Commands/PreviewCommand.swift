import ArgumentParser
import ControlAPI
import FoundationEssentials

/// `jedictl preview`: how the picture under way looks.
struct PreviewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Write a small, rough picture of what is being made, as a PNG file.")

    @Option(
        name: [.customShort("o"), .long],
        help: "The file to write, '-' for standard output; preview.png here by default, none with --json.",
        completion: .file())
    var output: String?

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard output?.isEmpty != true else { throw ValidationError("--output is empty; name a file.") }
        guard !(connection.json && output == "-") else {
            throw ValidationError("--json and --output - would both write to standard output; choose one.")
        }
    }

    func run() throws {
        let report = try connection.ask { client throws(ControlError) in try client.preview() }
        if output == "-" {
            Terminal.print(bytes: [UInt8](report.png))
            return
        }
        let file = output ?? (connection.json ? nil : "preview.png")
        if let file {
            do { try LocalFile.write([UInt8](report.png), to: file) } catch {
                throw ExitCode.failing("\(error)")
            }
        }
        try connection.show(report) { _ in
            "\(TextStyle.safe(file ?? "")): after step \(report.step) of \(report.steps)\n"
        }
    }
}
