import JointDiffusion
import Tensors

/// What the joint U-Net is trained to do: tell, in a set of images of which some are known, what was added as noise.
///
/// - `joint`: all images of a set are noised alike and attend to each other; known ones come with their clean latents
///   in the known channels, if the U-Net has them. The error of known images counts `knownWeight`.
/// - `cached` (one-way): known images pass clean, alone, at timestep 0; the others attend to themselves and to all known
///   ones of their set, each at its own timestep. Known images have no error.
///
/// The loss is the mean over images, weighted by these shares, of each image's mean squared error times the factor of
/// its noise level.
public struct DiffusionObjective {
    public struct Settings: Sendable, Equatable {
        public var mode: ReferenceMode = .joint
        public var weighting: LossWeighting = .none
        /// γ of min-SNR.
        public var gamma = 5.0
        public var knownWeight: Float = 1

        public init() {}
    }

    public let settings: Settings
    let unet: UNet
    let textEncoder: CLIPTextEncoder
    let schedule: NoiseSchedule
    let prediction: PredictionType
    /// Whether the U-Net takes `[noisy, mask, known]`.
    let takesKnownLatents: Bool
    let tape: GradientTape

    /// - Parameter textEncoder: on the tape if it is trained, else anywhere.
    public init(
        unet: UNet, textEncoder: CLIPTextEncoder, scheduler: SchedulerConfiguration, settings: Settings,
        on tape: GradientTape
    ) {
        precondition(settings.mode == .joint || settings.mode == .cached, "\(settings.mode) is not trained")
        self.settings = settings
        self.unet = unet
        self.textEncoder = textEncoder
        self.tape = tape
        schedule = NoiseSchedule(scheduler)
        prediction = scheduler.predictionType
        takesKnownLatents = unet.configuration.inChannels == 2 * unet.configuration.outChannels + 1
    }

    /// How many images the error of sets is a mean over: known ones count their share.
    public func imagesWithError(_ sets: [DiffusionSet]) -> Float {
        sets.reduce(Float(0)) { $0 + Float($1.images - $1.known) + knownShare * Float($1.known) }
    }

    /// What the error of a known image counts.
    private var knownShare: Float { settings.mode == .cached ? 0 : settings.knownWeight }

    /// The loss of a batch, of shape `[]`, on the tape.
    /// - Parameters:
    ///   - height, width: of all latents.
    ///   - images: how many images the error is a mean over, where these sets are a part of a batch.
    public func loss(_ sets: [DiffusionSet], height: Int, width: Int, images whole: Float? = nil) -> Tensor {
        let channels = unet.configuration.outChannels
        let batch = Batch(
            self, sets, images: whole ?? imagesWithError(sets), pixels: height * width, channels: channels)
        let images = batch.timesteps.count
        let shape: Shape = [images, height, width, channels]
        // 1. Every distinct caption once.
        let captions = captions(sets.flatMap(\.captions))
        // 2. The U-Net over all images of all sets at once.
        let input = Tensor(
            batch.input, shape: shape.replacingLast(with: unet.configuration.inChannels), on: tape)
        let output = unet(
            input, timesteps: batch.timesteps.map(Double.init), context: captions,
            coupling: Coupling(
                sets: sets.flatMap { set in
                    settings.mode == .cached
                        ? Coupling.ImageSet.oneWay(images: set.images, references: set.known)
                        : [Coupling.ImageSet(images: set.images)]
                }))
        // 3. The error.
        return output.weightedSquaredError(
            Tensor(batch.target, shape: shape, on: tape),
            weights: Tensor(batch.weights, shape: shape, on: tape))
    }

    private func captions(_ captions: [[Int]]) -> Captions {
        var distinct: [[Int]] = []
        var indices: [[Int]: Int] = [:]
        let ofImage = captions.map { caption in
            if let index = indices[caption] { return index }
            indices[caption] = distinct.count
            distinct.append(caption)
            return distinct.count - 1
        }
        return Captions(embeddings: textEncoder(distinct).seen(by: tape), ofImage: ofImage)
    }

    /// The arrays of a batch, image after image.
    private struct Batch {
        var input: [Float] = []
        var target: [Float] = []
        var weights: [Float] = []
        var timesteps: [Int] = []

        init(
            _ objective: DiffusionObjective, _ sets: [DiffusionSet], images: Float, pixels: Int, channels: Int
        ) {
            let size = pixels * channels
            let isOneWay = objective.settings.mode == .cached
            for set in sets {
                precondition(set.latents.count == set.images * size, "latents of another size")
                for image in 0..<set.images {
                    let isKnown = image < set.known
                    let isClean = isOneWay && isKnown
                    let timestep = isClean ? 0 : set.timesteps[image]
                    timesteps.append(timestep)
                    let (alpha, sigma) = objective.schedule.scales(at: timestep)
                    let factor = objective.settings.weighting.factor(
                        alpha2: alpha * alpha, prediction: objective.prediction,
                        gamma: objective.settings.gamma)
                    let share =
                        (isKnown ? objective.knownShare : 1) / max(images, 1e-8) * Float(factor) / Float(size)
                    let (a, b) = (Float(alpha), Float(sigma))
                    for pixel in 0..<pixels {
                        let from = image * size + pixel * channels
                        let clean = set.latents[from..<from + channels]
                        let noise = set.noise[from..<from + channels]
                        let noisy = isClean ? Array(clean) : zip(clean, noise).map { a * $0 + b * $1 }
                        input += noisy
                        if objective.takesKnownLatents {
                            input.append(isKnown ? 0 : 1)
                            if isKnown { input += clean } else { input += repeatElement(0, count: channels) }
                        }
                        switch objective.prediction {
                        case .epsilon: target += noise
                        case .velocity: target += zip(clean, noise).map { a * $1 - b * $0 }
                        case .sample: target += clean
                        }
                        let weight = share * (set.pixelWeights?[image * pixels + pixel] ?? 1)
                        weights += repeatElement(weight, count: channels)
                    }
                }
            }
        }
    }
}
