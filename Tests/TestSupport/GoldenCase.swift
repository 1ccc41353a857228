import Foundation

/// One run of the reference program on a golden checkpoint: what it was asked, given and what it answered.
public struct GoldenCase: Sendable, CustomStringConvertible {
    /// The request, under the names that the JSON beside the tensors uses.
    public struct Request: Decodable, Sendable {
        /// `none`, `joint`, `cached` or `matched`.
        public let mode: String
        public let prompt: String
        public let negative: String
        public let steps: Int
        public let sampler: String
        public let guidance: Float
        /// With it there are three guidance branches.
        public let imageGuidance: Float?
        public let targets: Int
        public let references: Int
        /// Pixels.
        public let width: Int
        public let height: Int

        enum CodingKeys: String, CodingKey {
            case mode, prompt, negative, steps, sampler, guidance, targets, references, width, height
            case imageGuidance = "image_guidance"
        }
    }

    public let checkpoint: String
    public let name: String
    public let request: Request
    /// `noise [rows, c, h, w]` (joint mode: references first), `reference_noise` (matched mode),
    /// `references` uint8 `[n, height, width, 3]`, and the answer: `latent [targets, c, h, w]` and
    /// `reference_latent [n, c, h, w]`, both scaled.
    public let tensors: GoldenTensors

    public init(checkpoint: String, directory: URL, name: String) throws {
        self.checkpoint = checkpoint
        self.name = name
        request = try JSONDecoder().decode(
            Request.self, from: Data(contentsOf: directory.appendingPathComponent("\(name).json")))
        tensors = try GoldenTensors(directory.appendingPathComponent("\(name).safetensors"))
    }

    /// RGB bytes `[height, width, 3]` of each reference photo.
    public func references() throws -> [[UInt8]] {
        guard request.references > 0 else { return [] }
        let bytes = try tensors.bytes("references")
        let size = bytes.count / request.references
        return (0..<request.references).map { Array(bytes[($0 * size)..<(($0 + 1) * size)]) }
    }

    public var description: String { "\(checkpoint)/\(name)" }
}
