import Foundation

/// What a checkpoint was made for: `jedi.json` beside `model_index.json`, or `NAME.jedi.json` beside
/// `NAME.safetensors`.
///
/// A plain text-to-image checkpoint has no such file; its references then steer without training (`matched`).
public struct ModelDefaults: Sendable, Equatable {
    public var name: String
    public var mode: ReferenceMode = .matched
    public var guidance: Double = 7.5
    /// Nil: two guidance branches.
    public var imageGuidance: Double?
    public var steps: Int = 20
    public var sampler: SamplerKind = .ddim

    /// Defaults of the checkpoint in `folder`.
    public init(folder: String) throws(CheckpointError) {
        try self.init(ModelSource(path: folder))
    }

    /// Defaults of a model.
    init(_ source: ModelSource) throws(CheckpointError) {
        name = ModelSource.stem(of: URL(fileURLWithPath: source.path).standardizedFileURL.lastPathComponent)
        let path = source.settingsFile
        guard FileManager.default.fileExists(atPath: path) else { return }
        let file = try ConfigFile(path: path)
        _ = try file.int("format", in: 1...1)
        if case .string(let given)? = file["name"] { name = given }
        let modes = ReferenceMode.allCases.map(\.rawValue)
        // What the file of weights leaves open stands here too: see OriginalSettings.
        var isOfFile = false
        if case .file = source.kind { isOfFile = true }
        if isOfFile { file.ignore("prediction_type", "size") }
        let named = try file.string("mode", default: isOfFile ? mode.rawValue : nil, among: modes)
        mode = ReferenceMode(rawValue: named) ?? mode
        guidance = try file.double("guidance", default: guidance)
        if file["image_guidance"] != nil { imageGuidance = try file.double("image_guidance") }
        steps = try file.int("steps", default: steps, in: 1...1000)
        let samplers = SamplerKind.allCases.map(\.rawValue)
        sampler =
            SamplerKind(rawValue: try file.string("sampler", default: sampler.rawValue, among: samplers))
            ?? sampler
        try file.refuseUnread()
    }
}
