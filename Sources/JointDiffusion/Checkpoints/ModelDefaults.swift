import Foundation

/// What a checkpoint was made for: `jedi.json` beside `model_index.json`.
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
        name = URL(fileURLWithPath: folder).standardizedFileURL.lastPathComponent
        let path = "\(folder)/jedi.json"
        guard FileManager.default.fileExists(atPath: path) else { return }
        let file = try ConfigFile(path: path)
        _ = try file.int("format", in: 1...1)
        if case .string(let given)? = file["name"] { name = given }
        let modes = ReferenceMode.allCases.map(\.rawValue)
        mode = ReferenceMode(rawValue: try file.string("mode", among: modes)) ?? mode
        guidance = try file.double("guidance", default: guidance)
        if file["image_guidance"] != nil { imageGuidance = try file.double("image_guidance") }
        steps = try file.int("steps", default: steps, in: 1...1000)
        let samplers = SamplerKind.allCases.map(\.rawValue)
        let named = try file.string("sampler", default: sampler.rawValue, among: samplers)
        sampler = SamplerKind(rawValue: named) ?? sampler
        try file.refuseUnread()
    }
}
