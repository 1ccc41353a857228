import Foundation

/// A small diffusers checkpoint of the goldens: configuration files, shapes, expected outputs, no weights.
public struct GoldenCheckpoint: Sendable, CustomStringConvertible {
    /// One component's safetensors file.
    public struct Component: Decodable, Sendable {
        public let file: String
        /// Key in the file -> extents; all float32.
        public let shapes: [String: [Int]]
    }

    public let name: String
    public let directory: URL
    /// `unet`, `vae`, `text_encoder`.
    public let components: [String: Component]

    /// `goldens/<folder>/<name>`.
    public init(_ name: String, in goldens: URL, under folder: String = "pipeline") throws {
        self.name = name
        directory = goldens.appendingPathComponent("\(folder)/\(name)")
        components = try JSONDecoder().decode(
            [String: Component].self, from: Data(contentsOf: directory.appendingPathComponent("tensors.json"))
        )
    }

    /// All golden checkpoints, by name.
    public static func all(in goldens: URL) throws -> [GoldenCheckpoint] {
        try FileManager.default.contentsOfDirectory(atPath: goldens.appendingPathComponent("pipeline").path)
            .sorted().map { try GoldenCheckpoint($0, in: goldens) }
    }

    /// All runs on this checkpoint, by name.
    public func cases() throws -> [GoldenCase] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path)
            .filter { $0.hasSuffix(".json") && $0 != "tensors.json" }.sorted()
            .map { try GoldenCase(checkpoint: name, directory: directory, name: String($0.dropLast(5))) }
    }

    /// Inputs and outputs of each network alone: `text_ids [2, L]` -> `text_hidden [2, L, C]`;
    /// `unet_sample`, `unet_timestep [2]` with the context `text_hidden` -> `unet_output [2, c, h, w]`;
    /// `vae_image` uint8 `[h, w, 3]` -> `vae_mean` (unscaled); `vae_latent` (unscaled) -> `vae_decoded [1, 3, h, w]`.
    /// The text ids are those of `Self.prompts`.
    public func networks() throws -> GoldenTensors {
        try GoldenTensors(directory.appendingPathComponent("networks.safetensors"))
    }

    /// The texts behind `text_ids`.
    public static let prompts = ["a photo of the robot cat on a beach, it's at night!", ""]

    public var description: String { name }
}
