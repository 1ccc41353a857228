import Foundation
import Images
import Tensors

/// Turns sets of images into what a step learns from. All chance comes from the seed and the set's number.
final class BatchMaker {
    private let trainee: Trainee
    private let source: any SubjectSets
    private let emptyCaption: [Int]
    private let timestepCount: Int
    /// Latents of images that come again.
    private var kept: [String: [Float]] = [:]
    private var keptBytes = 0
    private static let maximumKeptBytes = 1 << 30

    init(_ trainee: Trainee, _ source: any SubjectSets) {
        self.trainee = trainee
        self.source = source
        emptyCaption = trainee.tokenizer.encode("")
        timestepCount = trainee.scheduler.trainingSteps
    }

    private var configuration: TrainingConfiguration { trainee.configuration }
    /// Extents of latents.
    var height: Int { trainee.height / trainee.vae.downscale }
    var width: Int { trainee.width / trainee.vae.downscale }

    /// The sets of batch `index` of the run.
    func sets(batch index: Int) throws -> [DiffusionSet] {
        try (0..<configuration.sets).map { try set(index * configuration.sets + $0) }
    }

    /// Pixels in -1...1 of all images of batch `index`, and noise for their latents.
    func pixels(batch index: Int) throws -> (pixels: [Float], images: Int, noise: [Float]?) {
        var pixels: [Float] = []
        var noise: [Float] = []
        var images = 0
        for number in index * configuration.sets..<(index + 1) * configuration.sets {
            var random = source(of: number)
            for image in try imagesOf(number) {
                pixels += Self.values(image.image)
                noise += random.normals(height * width * trainee.vae.latentChannels)
                images += 1
            }
        }
        let deviation = Float(configuration.latentNoise)
        return (pixels, images, deviation > 0 ? noise.map { deviation * $0 } : nil)
    }

    /// A clean scaled latent, `[h, w, c]`.
    func latent(_ image: SubjectImage) -> [Float] {
        if let identity = image.identity, let latent = kept[identity] { return latent }
        // One by one, so that what an image becomes does not depend on its company.
        let pixels = Tensor(
            Self.values(image.image), shape: [1, trainee.height, trainee.width, 3], on: trainee.tape)
        let latent = trainee.vae.encode(pixels).elements
        if let identity = image.identity, keptBytes + 4 * latent.count <= Self.maximumKeptBytes {
            keptBytes += 4 * latent.count
            kept[identity] = latent
        }
        return latent
    }

    private func imagesOf(_ number: Int) throws -> [SubjectImage] {
        try source.images(
            set: number, count: configuration.images, width: trainee.width, height: trainee.height)
    }

    private func source(of number: Int) -> RandomSource {
        var seeds = RandomSource(seed: UInt64(configuration.seed))
        return RandomSource(seed: seeds.next() ^ (UInt64(number) &* 0x9E37_79B9_7F4A_7C15))
    }

    private func set(_ number: Int) throws -> DiffusionSet {
        var random = source(of: number)
        let images = try imagesOf(number)
        // 1. Which are known, and which of those are there.
        let most = min(configuration.knownMaximum, images.count - 1)
        let known = Int.random(in: configuration.knownMinimum...most, using: &random)
        let order = Array(images.indices).shuffled(using: &random)
        let withReferences = random.uniform() > configuration.dropReferences
        let references = order.prefix(known).filter { _ in
            random.uniform() > configuration.dropReference && withReferences
        }
        let members = references + order.dropFirst(known)
        // 2. What they say; references say nothing.
        let captions = members.enumerated().map { place, member in
            let isSilent = random.uniform() <= configuration.dropText || place < references.count
            return isSilent ? emptyCaption : trainee.tokenizer.encode(images[member].caption)
        }
        // 3. How noisy they are: alike where all attend to all.
        let common = timestep(&random)
        let timesteps = members.indices.map { _ in
            configuration.mode == .joint ? common : timestep(&random)
        }
        let latents = members.flatMap { latent(images[$0]) }
        return DiffusionSet(
            latents: latents, noise: random.normals(latents.count), images: members.count,
            known: references.count, timesteps: timesteps, captions: captions,
            pixelWeights: weights(members.map { images[$0] }))
    }

    private func timestep(_ random: inout RandomSource) -> Int {
        let position = pow(1 - random.uniform() + 0x1p-54, 1 / configuration.timestepBias)
        return min(timestepCount - 1, Int(position * Double(timestepCount)))
    }

    /// Weights of the latents' pixels, 1 in the mean over each image; nil if all are 1.
    private func weights(_ images: [SubjectImage]) -> [Float]? {
        guard configuration.subjectWeight != 1, images.contains(where: { $0.mask != nil }) else { return nil }
        let factor = trainee.vae.downscale
        return images.flatMap { image in
            guard let mask = image.mask else { return [Float](repeating: 1, count: height * width) }
            var weights = [Float](repeating: 0, count: height * width)
            for y in 0..<trainee.height {
                for x in 0..<trainee.width {
                    weights[y / factor * width + x / factor] += Float(mask[y * trainee.width + x])
                }
            }
            let scale = Float(configuration.subjectWeight - 1) / Float(255 * factor * factor)
            weights = weights.map { 1 + scale * $0 }
            let mean = weights.reduce(0, +) / Float(weights.count)
            return weights.map { $0 / mean }
        }
    }

    private static func values(_ image: RGBImage) -> [Float] { image.pixels.map { Float($0) / 127.5 - 1 } }
}
