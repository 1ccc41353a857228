import ArgumentParser
import ControlAPI

/// `jedictl reproduce`: the same picture again.
struct ReproduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce",
        abstract: "Make a picture again from what its PNG file carries, and compare the two bit for bit.",
        discussion: """
            The model and the photos, and a mask where there was one, must be there as they were; whatever is missing is named. The new picture \
            appears in the subject's folder 'output'. Ends with 0 when the files are identical.
            """)

    @Argument(help: "A PNG file that jedid made.", completion: .file(extensions: ["png"]))
    var image: String

    @Option(
        name: .long, help: "The subject that has the photos; it is looked for by default.",
        completion: Completions.subjects)
    var subject: String?

    @OptionGroup var connection: ConnectionOptions

    func run() throws {
        let original = try bytes(of: image)
        let record = try record(of: original)
        let plan = try plan(for: record)
        if !plan.differences.isEmpty {
            Terminal.hint("The new file will differ: \(plan.differences.joined(separator: "; ")).")
        }
        let job = try make(plan.order)
        guard job.state == .done, let output = job.output else {
            throw ExitCode.failing(
                "the picture could not be made again: job \(job.id) is \(job.state.rawValue): "
                    + "\(job.reason ?? "no reason was given")")
        }
        let report = ReproductionReport.compare(
            (image, original), (output, try bytes(of: output)), known: plan.differences)
        try connection.show(report) { report.text($0) }
        if !report.identical { throw ExitCode.failure }
    }

    private func record(of bytes: [UInt8]) throws -> PictureParameters {
        guard let chunks = PNGChunks(bytes) else {
            throw ExitCode.failing("\(image) is no whole PNG file: name a picture that jedid made")
        }
        guard let text = chunks.texts["parameters"] else {
            throw ExitCode.failing(
                "\(image) does not say how it was made: its text 'parameters' is gone. Programs that change or "
                    + "send pictures may remove it; use the file that jedid wrote")
        }
        do { return try PictureParameters(parameters: text) } catch {
            throw ExitCode.failing("\(image) does not say how jedid can make it again: \(error)")
        }
    }

    private func plan(for record: PictureParameters) throws -> Reproduction {
        let (status, location) = try connection.ask { client throws(ControlError) in
            (try client.status(), try client.locate(record.files))
        }
        do {
            return try Reproduction.plan(
                record, location, engine: status.engine, wanted: subject, file: Paths.lastComponent(image))
        } catch {
            throw ExitCode.failing("\(image) cannot be made again: \(error)")
        }
    }

    /// Orders it and waits. An order that was carried out before, and whose picture is gone, is carried out again.
    private func make(_ order: PictureOrder) throws -> JobStatus {
        let job = try connection.ask(patience: 60) { client throws(ControlError) in
            var jobs = try client.generate(order).jobs
            if let job = jobs.first, job.state == .done, !Paths.exists(job.output ?? "") {
                jobs = try client.rerun(JobSelection(ids: [job.id]), newSeed: false).jobs
            }
            return try JobFollower(client: client).wait(for: jobs).first
        }
        guard let job else { throw ExitCode.failing("jedid made no job of the order") }
        return job
    }

    private func bytes(of path: String) throws -> [UInt8] {
        do { return try LocalFile.read(path) } catch { throw ExitCode.failing("\(error)") }
    }
}
