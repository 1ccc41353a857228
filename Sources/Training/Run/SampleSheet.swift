import Foundation
import Images
import JointDiffusion
import Tensors

/// A picture of what a model can do so far. For a diffusion model a row a subject, of subjects that it never saw:
/// references, then pictures made with them and without, of the caption of an image that is not among them. For a VAE,
/// images above what it gives back.
struct SampleSheet {
    private let trainee: Trainee
    private let averages: [(name: String, tensor: Tensor)]
    private let source: any SubjectSets
    private static let subjects = 4
    private static let steps = 15

    init(_ trainee: Trainee, averages: [(name: String, tensor: Tensor)], source: any SubjectSets) {
        self.trainee = trainee
        self.averages = averages
        self.source = source
    }

    /// Computed with the averages, through the folder that would be exported: what is seen is what is shipped.
    func png() throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "jeditrain-\(UUID().uuidString)"
        ).path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try ModelExport.write(averages, of: trainee, to: folder)
        let backend = CPUBackend(trainee.tape.base.configuration)
        return try trainee.unet == nil ? reconstructions(folder, backend) : pictures(folder, backend)
    }

    private func pictures(_ folder: String, _ backend: CPUBackend) throws -> [UInt8] {
        let model = try DiffusionModel(folder: folder, on: backend)
        let pipeline = Pipeline(model)
        let count = max(2, trainee.configuration.images)
        let rows = try (0..<Self.subjects).map { subject in
            let images = try heldOut(subject, count: count)
            let photos = try images.map { try $0.photo().image }
            let references = photos.dropLast().map { photo in
                Pipeline.Reference(
                    latent: pipeline.encode(
                        pixels: photo.pixels, width: trainee.width, height: trainee.height),
                    noiseSeed: 0)
            }
            var request = GenerationRequest(prompt: images[count - 1].caption, model: model, seeds: [7])
            (request.width, request.height) = (trainee.width, trainee.height)
            request.steps = Self.steps
            let made = try [references, []].map { references in
                RGBImage(
                    width: trainee.width, height: trainee.height,
                    pixels: try pipeline.decode(pipeline.generate(request, references: references)))
            }
            return photos + made
        }
        return try PNGEncoder.encode(laid(rows))
    }

    private func reconstructions(_ folder: String, _ backend: CPUBackend) throws -> [UInt8] {
        let vae = try Autoencoders.load(folder: "\(folder)/vae", on: backend)
        let images = try (0..<2 * Self.subjects).map { try heldOut($0, count: 1)[0].photo().image }
        let made = images.map { image in
            let values = image.pixels.map { Float($0) / 127.5 - 1 }
            let pixels = Tensor(values, shape: [1, image.height, image.width, 3], on: backend)
            return RGBImage(
                width: image.width, height: image.height,
                pixels: vae.decode(vae.encode(pixels)).floats.map {
                    UInt8((min(max($0.isNaN ? 0 : $0, -1), 1) + 1) * 127.5)
                })
        }
        return try PNGEncoder.encode(laid([images, made]))
    }

    private func heldOut(_ set: Int, count: Int) throws -> [SubjectImage] {
        try source.heldOutImages(set: set, count: count, width: trainee.width, height: trainee.height)
    }

    /// Pictures of one size in rows, with a white line between them.
    private func laid(_ rows: [[RGBImage]]) -> RGBImage {
        let (w, h) = (trainee.width + 2, trainee.height + 2)
        let (width, height) = (w * (rows.map(\.count).max() ?? 1), h * rows.count)
        var pixels = [UInt8](repeating: 255, count: 3 * width * height)
        for (row, images) in rows.enumerated() {
            for (column, image) in images.enumerated() {
                for y in 0..<image.height {
                    let from = 3 * y * image.width
                    let to = 3 * ((row * h + y + 1) * width + column * w + 1)
                    pixels.replaceSubrange(
                        to..<to + 3 * image.width, with: image.pixels[from..<from + 3 * image.width])
                }
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }
}
