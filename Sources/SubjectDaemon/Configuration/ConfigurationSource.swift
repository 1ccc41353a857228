import Glibc
import Tensors

/// Reads the configuration from where a process was told to, at the start and at each reload.
public struct ConfigurationSource: Sendable {
    private let inputs: ConfigurationInputs
    private let isFaster: @Sendable (Precision) -> Bool

    /// A source of these inputs.
    public init(_ inputs: ConfigurationInputs) {
        self.init(inputs) { CPUConfiguration(narrows: true).isFaster($0) }
    }

    init(_ inputs: ConfigurationInputs, isFaster: @escaping @Sendable (Precision) -> Bool) {
        self.inputs = inputs
        self.isFaster = isFaster
    }

    /// What holds as of now.
    ///
    /// - Parameter known: the file that was read before. That it is gone is an error then.
    public func load(known: String? = nil) throws(ConfigurationError) -> EffectiveConfiguration {
        let embedded = inputs.embeddedModels.first { access($0 + "/model_index.json", F_OK) == 0 }
        return try EffectiveConfiguration.make(
            inputs, file: try file(known: known), embeddedModel: embedded, isFaster: isFaster)
    }

    private func file(known: String?) throws(ConfigurationError) -> ConfigurationFile? {
        for path in inputs.files {
            guard let bytes = try read(path) else { continue }
            return try ConfigurationFile.parse(bytes, path: path)
        }
        guard let missing = inputs.commandLine.config ?? known else { return nil }
        throw ConfigurationError(["\(missing): the configuration file is not there"])
    }

    /// The file's bytes; nil where there is none.
    private func read(_ path: String) throws(ConfigurationError) -> [UInt8]? {
        let limit = ConfigurationFile.maximumBytes
        let bytes: [UInt8]?
        do throws(SystemCallError) {
            bytes = try FileBytes.read(path, limit: limit, followLinks: true)
        } catch {
            if error.isMissing { return nil }
            throw ConfigurationError([
                "\(path): the configuration file cannot be read: \(error.reason); let jedid's user read it"
            ])
        }
        guard let bytes else {
            throw ConfigurationError(["\(path): it has more than \(limit) bytes. Is it the right file?"])
        }
        return bytes
    }
}
