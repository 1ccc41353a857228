import ArgumentParser
import ControlAPI

/// `jedictl cache`: the encoded photos that the daemon keeps.
struct CacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Look after the encoded photos that the daemon keeps, so that none is encoded twice.",
        subcommands: [List.self, Clear.self, Verify.self])

    /// `jedictl cache list`
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the encoded photos: of which subjects, for which model, and what they take.")

        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let report = try connection.ask(patience: 60) { client throws(ControlError) in try client.cache()
            }
            try connection.show(report) { ReportText(style: $0).cache(report) }
        }
    }

    /// `jedictl cache clear`
    struct Clear: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget encoded photos; they are encoded again when a picture needs them.")

        @Flag(name: .long, help: "All of them.")
        var all = false

        @Option(name: .long, help: "Those of that subject's photos.", completion: Completions.subjects)
        var subject: String?

        @Flag(name: .long, help: "Those made with another model than the present one.")
        var otherModels = false

        @OptionGroup var connection: ConnectionOptions

        func validate() throws {
            guard all != (subject != nil || otherModels) else {
                throw ValidationError("Say which: --all, or --subject NAME and --other-models.")
            }
        }

        func run() throws {
            let selection = CacheSelection(subject: subject, otherModels: otherModels)
            let report = try connection.ask(patience: 60) { client throws(ControlError) in
                try client.clearCache(selection)
            }
            try connection.show(report) { ReportText(style: $0).cleared(report) }
        }
    }

    /// `jedictl cache verify`
    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every encoded photo, and drop those that are not what was written.",
            discussion: "Ends with 1 when something was damaged.")

        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let report = try connection.ask(patience: 3600) { client throws(ControlError) in
                try client.verifyCache()
            }
            try connection.show(report) { ReportText(style: $0).verified(report) }
            if !report.damaged.isEmpty { throw ExitCode.failure }
        }
    }
}
