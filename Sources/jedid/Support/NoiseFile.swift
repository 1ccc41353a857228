import JointDiffusion
import Tensors

/// Noise from outside: `noise [S, c, h, w]`, S being the pictures and in `joint` mode the references before them;
/// in `matched` mode also `reference_noise [references, c, h, w]`.
struct NoiseFile {
    private let file: SafetensorsFile

    init(path: String) throws { file = try SafetensorsFile(path: path) }

    func noise(for request: GenerationRequest, references: Int, on backend: any Backend) throws
        -> Pipeline.Noise
    {
        let inSet = request.mode == .joint ? references : 0
        let rows = try tensor("noise", rows: inSet + request.seeds.count, on: backend)
        let targets = rows[rows: inSet..<rows.shape[0]]
        if inSet > 0 { return Pipeline.Noise(targets: targets, references: rows[rows: 0..<inSet]) }
        guard request.mode == .matched, references > 0 else {
            return Pipeline.Noise(targets: targets, references: nil)
        }
        let known = try tensor("reference_noise", rows: references, on: backend)
        return Pipeline.Noise(targets: targets, references: known)
    }

    private func tensor(_ name: String, rows: Int, on backend: any Backend) throws -> Tensor {
        let tensor = try file.tensor(name, on: backend)
        guard tensor.elementType == .float32, tensor.shape.rank == 4, tensor.shape[0] == rows else {
            throw CommandError(
                "\(file.path): '\(name)' is \(tensor.elementType.rawValue) \(tensor.shape); "
                    + "this request needs F32 [\(rows), channels, height, width].")
        }
        return tensor.channelsLast()
    }
}

/// Final latents for other programs: `latent [T, c, h, w]` and `reference_latent [R, c, h, w]`, scaled.
enum LatentFile {
    static func write(_ latents: Tensor, references: [Tensor], to path: String) throws {
        let inner = latents.shape.dimensions.dropFirst()
        let known =
            references.isEmpty
            ? Tensor(zeros: Shape([0] + inner), on: latents.backend) : Tensor.concatenatingRows(references)
        try SafetensorsWriter.write(
            [("latent", latents.channelsFirst()), ("reference_latent", known.channelsFirst())], to: path)
    }
}
