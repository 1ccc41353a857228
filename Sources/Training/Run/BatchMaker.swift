import Foundation
import Images
import SyntheticSubjects
import Tensors

/// Turns sets of images into what a step learns from. All chance comes from the seed and the set's number.
final class BatchMaker {
    private let trainee: Trainee
    private let source: any SubjectSets
    private let emptyCaption: [Int]
    private let timestepCount: Int
    private let latents: LatentStore

    /// - Parameter latents: what is known of images that come again.
    init(_ trainee: Trainee, _ source: any SubjectSets, latents: LatentStore = LatentStore()) {
        self.trainee = trainee
        self.source = source
        self.latents = latents
        emptyCaption = trainee.tokenizer.encode("")
        timestepCount = trainee.scheduler.trainingSteps
    }

    private var configuration: TrainingConfiguration { trainee.configuration }
    /// Extents of latents.
    var height: Int { trainee.height / trainee.vae.downscale }
    var width: Int { trainee.width / trainee.vae.downscale }

    /// The sets of batch `index` of the run.
    func sets(batch index: Int) throws -> [DiffusionSet] {
        let numbers = index * configuration.sets..<(index + 1) * configuration.sets
        let images = try numbers.map(imagesOf)
        let entries = try entries(images.flatMap(\.self))
        return numbers.enumerated().map { place, number in
            let from = place * configuration.images
            return set(number, images[place], Array(entries[from..<from + configuration.images]))
        }
    }

    /// Pixels in -1...1 of all images of batch `index`, what they count, and noise for their latents.
    func pixels(batch index: Int) throws -> (
        pixels: [Float], weights: [Float]?, images: Int, noise: [Float]?
    ) {
        let numbers = index * configuration.sets..<(index + 1) * configuration.sets
        let images = try numbers.flatMap(imagesOf)
        let photos = try photos(images)
        let pixels = photos.flatMap { Self.values($0.image) }
        let weights = weights(
            photos.map { $0.mask?.map { Float($0) / 255 } }, count: trainee.height * trainee.width)
        let deviation = Float(configuration.latentNoise)
        guard deviation > 0 else { return (pixels, weights, images.count, nil) }
        let noise = numbers.flatMap { number in
            var random = source(of: number)
            return random.normals(configuration.images * height * width * trainee.vae.latentChannels)
        }
        return (pixels, weights, images.count, noise.map { deviation * $0 })
    }

    /// What is to be known of images: what was kept, and of others what is computed now.
    private func entries(_ images: [SubjectImage]) throws -> [LatentStore.Entry] {
        let kept = images.map { $0.identity.flatMap { latents[$0] } }
        let strange = images.indices.filter { kept[$0] == nil }
        var entries = kept
        for (index, photo) in zip(strange, try photos(strange.map { images[$0] })) {
            // One by one, so that what an image becomes does not depend on its company.
            let pixels = Tensor(
                Self.values(photo.image), shape: [1, trainee.height, trainee.width, 3], on: trainee.tape)
            let entry = LatentStore.Entry(
                latent: trainee.vae.encode(pixels).elements, shares: photo.mask.map(shares))
            entries[index] = entry
            if let identity = images[index].identity { try latents.keep(entry, of: identity) }
        }
        return entries.compactMap(\.self)
    }

    /// Reads or draws images, on all threads.
    private func photos(_ images: [SubjectImage]) throws -> [SubjectImage.Photo] {
        let threads =
            configuration.threads > 0 ? configuration.threads : ProcessInfo.processInfo.activeProcessorCount
        return try ParallelWork.map(images.indices, threads: threads) { try images[$0].photo() }
    }

    private func imagesOf(_ number: Int) throws -> [SubjectImage] {
        try source.images(
            set: number, count: configuration.images, width: trainee.width, height: trainee.height)
    }

    private func source(of number: Int) -> RandomSource {
        var seeds = RandomSource(seed: UInt64(configuration.seed))
        return RandomSource(seed: seeds.next() ^ (UInt64(number) &* 0x9E37_79B9_7F4A_7C15))
    }

    private func set(_ number: Int, _ images: [SubjectImage], _ entries: [LatentStore.Entry]) -> DiffusionSet
    {
        var random = source(of: number)
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
        let latents = members.flatMap { entries[$0].latent }
        return DiffusionSet(
            latents: latents, noise: random.normals(latents.count), images: members.count,
            known: references.count, timesteps: timesteps, captions: captions,
            pixelWeights: weights(members.map { entries[$0].shares }, count: height * width))
    }

    /// A subject that training never sees: all images but the last, and that one with what it says.
    struct HeldOut {
        let references: [LatentStore.Entry]
        let target: LatentStore.Entry
        let caption: [Int]
    }

    func heldOut(set index: Int) throws -> HeldOut {
        let images = try source.heldOutImages(
            set: index, count: max(2, configuration.images), width: trainee.width, height: trainee.height)
        let entries = try entries(images)
        return HeldOut(
            references: Array(entries.dropLast().prefix(max(1, configuration.knownMaximum))),
            target: entries[entries.count - 1],
            caption: trainee.tokenizer.encode(images[images.count - 1].caption))
    }

    /// A set with one image to be made.
    /// - Parameters:
    ///   - level: of the noise, as a share of the noisiest timestep.
    ///   - seed: of the noise, which does not depend on the references.
    func set(references: [LatentStore.Entry], target: HeldOut, level: Double, seed: Int) -> DiffusionSet {
        let members = references + [target.target]
        let latents = members.flatMap(\.latent)
        var random = RandomSource(seed: UInt64(seed))
        let noise = random.normals(target.target.latent.count)
        let silent = random.normals(latents.count - noise.count)
        let timestep = min(timestepCount - 1, Int(level * Double(timestepCount)))
        return DiffusionSet(
            latents: latents, noise: silent + noise, images: members.count, known: references.count,
            timesteps: members.map { _ in timestep },
            captions: references.map { _ in emptyCaption } + [target.caption],
            pixelWeights: weights(members.map(\.shares), count: height * width))
    }

    private func timestep(_ random: inout RandomSource) -> Int {
        let position = pow(1 - random.uniform() + 0x1p-54, 1 / configuration.timestepBias)
        return min(timestepCount - 1, Int(position * Double(timestepCount)))
    }

    /// Weights of pixels, of pictures or latents, 1 in the mean over each image; nil if all are 1.
    /// - Parameters:
    ///   - shares: the subject's share of each pixel.
    ///   - count: the pixels of an image.
    private func weights(_ shares: [[Float]?], count: Int) -> [Float]? {
        guard configuration.subjectWeight != 1, shares.contains(where: { $0 != nil }) else { return nil }
        return shares.flatMap { shares in
            guard let shares else { return [Float](repeating: 1, count: count) }
            let weights = shares.map { 1 + Float(configuration.subjectWeight - 1) * $0 }
            let mean = weights.reduce(0, +) / Float(weights.count)
            return weights.map { $0 / mean }
        }
    }

    /// The subject's share of each of the latent's pixels.
    private func shares(_ mask: [UInt8]) -> [Float] {
        let factor = trainee.vae.downscale
        var shares = [Float](repeating: 0, count: height * width)
        for y in 0..<trainee.height {
            for x in 0..<trainee.width {
                shares[y / factor * width + x / factor] += Float(mask[y * trainee.width + x])
            }
        }
        return shares.map { $0 / Float(255 * factor * factor) }
    }

    private static func values(_ image: RGBImage) -> [Float] { image.pixels.map { Float($0) / 127.5 - 1 } }
}
