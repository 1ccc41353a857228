/// What a client asks of the daemon.
public struct ControlRequest: Sendable, Equatable {
    /// The client's ``ControlProtocol/version``.
    public var version: Int
    /// Chosen by the client and repeated in the reply.
    public var id: Int
    /// The command's name, kept as text so that a daemon can name a command that it does not know.
    public var name: String
    /// What to do; nil where this version does not know the name.
    public var command: ControlCommand?

    /// A request of this version of the protocol.
    public init(_ command: ControlCommand, id: Int = 1) {
        self.version = ControlProtocol.version
        self.id = id
        self.name = command.name.rawValue
        self.command = command
    }
}

extension ControlRequest: Codable {
    private enum Key: String, CodingKey {
        case version, id
        case name = "command"
        case arguments
    }

    /// The names of arguments where a command has more than one.
    private struct Rerun: Codable {
        var selection: JobSelection
        var newSeed: Bool
    }
    private struct Move: Codable {
        var id: String
        var place: QueuePlace
    }
    private struct Prioritize: Codable {
        var selection: JobSelection
        var priority: Int
    }
    private struct ImportModel: Codable {
        var folder: String
        var name: String
    }
    private struct CheckModel: Codable { var model: String }
    private struct Locate: Codable { var references: [PictureParameters.Reference] }
    private struct Retention: Codable { var dryRun: Bool }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(version, forKey: .version)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        func encode(_ arguments: some Encodable) throws {
            try container.encode(arguments, forKey: .arguments)
        }
        switch command {
        case .jobs(let query): try encode(query)
        case .cancel(let selection), .retry(let selection): try encode(selection)
        case .rerun(let selection, let newSeed): try encode(Rerun(selection: selection, newSeed: newSeed))
        case .move(let id, let place): try encode(Move(id: id, place: place))
        case .prioritize(let selection, let priority):
            try encode(Prioritize(selection: selection, priority: priority))
        case .generate(let order): try encode(order)
        case .clearCache(let selection): try encode(selection)
        case .importModel(let folder, let name): try encode(ImportModel(folder: folder, name: name))
        case .checkModel(let model): try encode(CheckModel(model: model))
        case .locate(let references): try encode(Locate(references: references))
        case .retention(let dryRun): try encode(Retention(dryRun: dryRun))
        case .logs(let query): try encode(query)
        case .status, .pause, .resume, .preview, .listCache, .verifyCache, .listModels, .configuration,
            .reloadConfiguration, .metrics, .doctor, nil:
            break
        }
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        version = try container.decode(Int.self, forKey: .version)
        id = try container.decode(Int.self, forKey: .id)
        name = try container.decode(String.self, forKey: .name)
        command = try ControlCommand.Name(rawValue: name).map { try Self.command($0, container) }
    }

    private static func command(
        _ name: ControlCommand.Name, _ container: KeyedDecodingContainer<Key>
    ) throws -> ControlCommand {
        func arguments<Arguments: Decodable>(_ type: Arguments.Type = Arguments.self) throws -> Arguments {
            try container.decode(type, forKey: .arguments)
        }
        switch name {
        case .status: return .status
        case .jobs:
            return .jobs(try container.decodeIfPresent(JobQuery.self, forKey: .arguments) ?? JobQuery())
        case .pause: return .pause
        case .resume: return .resume
        case .cancel: return .cancel(try arguments())
        case .retry: return .retry(try arguments())
        case .rerun:
            let rerun = try arguments(Rerun.self)
            return .rerun(rerun.selection, newSeed: rerun.newSeed)
        case .move:
            let move = try arguments(Move.self)
            return .move(id: move.id, to: move.place)
        case .prioritize:
            let prioritize = try arguments(Prioritize.self)
            return .prioritize(prioritize.selection, prioritize.priority)
        case .generate: return .generate(try arguments())
        case .preview: return .preview
        case .listCache: return .listCache
        case .clearCache: return .clearCache(try arguments())
        case .verifyCache: return .verifyCache
        case .listModels: return .listModels
        case .importModel:
            let model = try arguments(ImportModel.self)
            return .importModel(folder: model.folder, name: model.name)
        case .checkModel: return .checkModel(try arguments(CheckModel.self).model)
        case .locate: return .locate(try arguments(Locate.self).references)
        case .configuration: return .configuration
        case .reloadConfiguration: return .reloadConfiguration
        case .retention: return .retention(dryRun: try arguments(Retention.self).dryRun)
        case .logs:
            return .logs(try container.decodeIfPresent(LogQuery.self, forKey: .arguments) ?? LogQuery())
        case .metrics: return .metrics
        case .doctor: return .doctor
        }
    }
}
