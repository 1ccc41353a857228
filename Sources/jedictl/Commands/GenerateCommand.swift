import ArgumentParser
import ControlAPI

/// `jedictl generate`: a picture that no prompt file asks for.
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Order a picture of a subject, as a line of its prompt file would.",
        discussion: """
            The picture appears in the subject's folder 'output'. With --wait the command ends when it is there, \
            prints its path, and ends with 1 if it could not be made.
            """)

    @Argument(help: "The subject: the name of a folder under the root.", completion: Completions.subjects)
    var subject: String

    @Argument(help: "What the picture shows, in one argument.")
    var prompt: String

    @OptionGroup(title: "Picture options") var order: OrderArguments

    @Flag(name: .shortAndLong, help: "Wait for the picture, show how far it is, and print where it is.")
    var wait = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard prompt.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("The prompt is empty; say what the picture shows.")
        }
    }

    func run() throws {
        let order = PictureOrder(subject: subject, prompt: prompt, options: order.options)
        var report = try connection.ask(patience: 60) { client throws(ControlError) in
            try client.generate(order)
        }
        guard wait else {
            try connection.show(report) { JobsText(style: $0).outcome("Put into the queue", report) }
            return
        }
        report.jobs = try connection.ask { client throws(ControlError) in
            try JobFollower(client: client).wait(for: report.jobs)
        }
        try connection.show(report) { _ in
            report.jobs.compactMap(\.output).map { TextStyle.safe($0) + "\n" }.joined()
        }
        for job in report.jobs where job.state != .done {
            throw ExitCode.failing(
                "\(job.id) is \(job.state.rawValue): \(job.reason ?? "no reason was given")")
        }
    }
}
