import ArgumentParser
import ControlAPI

/// Which jobs a command is about.
struct JobArguments: ParsableArguments {
    @Argument(help: "The jobs, by their ids or the beginnings of them.", completion: Completions.jobs)
    var ids: [String] = []

    @Option(
        name: .long, help: "All jobs of that subject that the command can apply to.",
        completion: Completions.subjects)
    var subject: String?

    @Flag(name: .long, help: "All jobs that the command can apply to.")
    var all = false

    func validate() throws {
        guard !ids.isEmpty || subject != nil || all else {
            throw ValidationError(
                "Name jobs by their ids ('jedictl jobs' shows them), or give --subject or --all.")
        }
        guard ids.isEmpty || (subject == nil && !all) else {
            throw ValidationError("Give ids or --subject or --all, not both.")
        }
        guard ids.allSatisfy({ !$0.isEmpty }) else { throw ValidationError("A job's id is empty.") }
    }

    /// For the daemon.
    var selection: JobSelection { JobSelection(ids: ids, subject: subject, all: all) }
}
