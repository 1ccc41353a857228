import ArgumentParser
import ControlAPI
import FoundationEssentials

/// `jedictl model`: the models that pictures can be made with.
struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Look after the models: diffusers folders of the Stable Diffusion 1.x and 2.x class.",
        subcommands: [List.self, Import.self, Check.self])

    /// `jedictl model list`
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the model in use, the one that came along and those that were brought in.")

        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let report = try connection.ask { client throws(ControlError) in try client.models() }
            try connection.show(report) { ReportText(style: $0).models(report) }
        }
    }

    /// `jedictl model import`
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy a model into the daemon's state folder, and check that it can be used.",
            discussion: """
                The daemon reads the folder, so its user must be able to. A model that cannot be used is not kept. \
                To make pictures with it, name the folder that is printed as 'model' in the configuration, \
                or with jedid run --model.
                """)

        @Argument(
            help: "The model: a diffusers folder, or a safetensors file with 'tokenizer' beside it.",
            completion: .file())
        var folder: String

        @Option(name: .long, help: "The name to keep it under; its own by default.")
        var name: String?

        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            let folder = Paths.absolute(folder)
            let name = name ?? Paths.lastComponent(folder).replacing(".safetensors", with: "")
            let report = try connection.ask(patience: 86_400) { client throws(ControlError) in
                try client.importModel(folder, as: name)
            }
            try connection.show(report) { ReportText(style: $0).models(report) }
        }
    }

    /// `jedictl model check`
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Load a model as strictly as for a picture, and say what comes of it.",
            discussion: "Ends with 1 when it cannot be used.")

        @Argument(
            help: "The model: a name from 'jedictl model list' or a folder that the daemon can read.",
            completion: .directory)
        var model: String

        @OptionGroup var connection: ConnectionOptions

        func run() throws {
            // A name has no slash in it; a folder here may be written without one.
            let isFolder = model.contains("/") || Paths.isFolder(model)
            let model = isFolder ? Paths.absolute(model) : model
            let report = try connection.ask(patience: 660) { client throws(ControlError) in
                try client.checkModel(model)
            }
            try connection.show(report) { ReportText(style: $0).check(report) }
            if !report.usable { throw ExitCode.failure }
        }
    }
}
