import ArgumentParser
import ControlAPI

/// Asks a running jedid and tells it what to do.
@main
struct Jedictl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jedictl",
        abstract: "Speak to jedid, the daemon of JeDi at home.",
        discussion: """
            Every command takes --json, which prints an object whose field 'schema' names its form. \
            Jobs are named by their ids, as 'jedictl jobs' shows them, or by the ids' beginnings.

            \(ExitStatus.table)
            """,
        version: ProductVersion.current,
        groupedSubcommands: [
            CommandGroup(
                name: "Looking",
                subcommands: [
                    StatusCommand.self, WatchCommand.self, SubjectsCommand.self, JobsCommand.self,
                    PreviewCommand.self, LogsCommand.self, MetricsCommand.self, DoctorCommand.self,
                ]),
            CommandGroup(
                name: "Picture",
                subcommands: [GenerateCommand.self, RerunCommand.self, ReproduceCommand.self]),
            CommandGroup(
                name: "Queue",
                subcommands: [
                    PauseCommand.self, ResumeCommand.self, CancelCommand.self, RetryCommand.self,
                    MoveCommand.self, PrioritizeCommand.self,
                ]),
            CommandGroup(
                name: "Housekeeping",
                subcommands: [
                    CacheCommand.self, ModelCommand.self, ConfigCommand.self, RetentionCommand.self,
                ]),
        ])
}
