import JointDiffusion
import Tensors

/// Everything that decides a training run. What stands here is the default.
public struct TrainingConfiguration: Sendable, Equatable {
    /// Parts of a model that can be trained.
    public enum Component: String, Sendable, CaseIterable {
        case unet
        case textEncoder = "text_encoder"
        case vae
    }

    // MARK: What

    /// Diffusers folder that training begins from.
    public var model = ""
    /// What is trained: the U-Net and the text encoder alone or together, or the VAE alone.
    public var train: [Component] = [.unet]
    /// Components that begin with random numbers instead of the folder's; of these the folder needs no weights.
    public var fromScratch: [Component] = []
    /// What of the trained components stays as it is, by how its names begin: `vae/encoder`, `unet/down_blocks`.
    public var freeze: [String] = []
    /// What of the folder's weights begins with random numbers instead, by how their names begin: layers that died.
    public var renew: [String] = []
    /// Whether the U-Net shall take mask and known latents, which are added if the checkpoint lacks them.
    public var knownChannels = true
    public var mode: ReferenceMode = .joint
    /// LoRA: the rank of what is added to the attention's products, which alone is then trained; 0: all is trained.
    public var loraRank = 0
    /// LoRA: what is added counts `loraScale / loraRank`.
    public var loraScale = 1.0

    // MARK: Data

    /// Folder of subjects' folders; or `toybox`, whose toys are drawn while they are learned from.
    public var data = ""
    /// Toys of a pool of which pictures come again, and pictures of each; 0: every set is a new toy.
    public var poolSubjects = 0
    public var poolImages = 8
    /// How many pictures of each toy of a pool are portraits: the whole toy, near, from the front and a little from the side.
    public var poolPortraits = 0
    /// File that keeps the latents of images that come again, also for other runs; none: they are kept while a run runs.
    public var latents = ""
    /// Pixels; the model's own by default.
    public var width = 0
    public var height = 0
    /// Images of a set, before any is dropped.
    public var images = 4
    /// How many of them are known: a number between these.
    public var knownMinimum = 0
    public var knownMaximum = 3
    /// Probabilities of the empty caption, of no references, and for each reference of its absence.
    public var dropText = 0.1
    public var dropReferences = 0.1
    public var dropReference = 0.2

    // MARK: Loss

    public var weighting: LossWeighting = .none
    public var gamma = 5.0
    /// What the error of known images counts, in mode joint.
    public var knownWeight = 1.0
    /// What the error at the subject counts, where the data has masks; its surroundings count 1.
    public var subjectWeight = 1.0
    /// Timesteps are `steps * uniform^(1 / bias)`: above 1, noisy ones are more frequent.
    public var timestepBias = 1.0
    /// Deviation of the noise on latents when the VAE is trained, as a share of theirs. What a U-Net makes is never exact, and a
    /// decoder that knows only exact latents makes a blur of it.
    public var latentNoise = 0.0
    /// Errors of pixels beyond it count linearly when the VAE is trained.
    public var huber = Double.infinity

    // MARK: Steps

    public var steps = 1000
    /// Sets of a batch, and batches of a step.
    public var sets = 8
    public var accumulate = 1
    public var rate = 1e-4
    public var warmUp = 100
    public var schedule: LearningRateSchedule.Shape = .cosine
    /// Of the rate, where the cosine ends.
    public var finalRate = 0.1
    public var optimizer = Optimizer.Method.adamW
    public var momentum = 0.95
    public var beta1 = 0.9
    public var beta2 = 0.999
    public var epsilon = 1e-8
    public var weightDecay = 0.01
    public var clipNorm = 1.0
    public var averageDecay = 0.999
    public var seed = 0

    // MARK: Machine

    public var precision: Precision = .float32
    /// 0: all that there are.
    public var threads = 0

    // MARK: What is written

    public var logEvery = 1
    public var snapshotEvery = 200
    /// 0: never.
    public var sampleEvery = 500
    /// How often it is looked at whether references count; 0: never.
    public var probeEvery = 500
    /// Steps whose numbers are not finite, one after the other, after which a run ends.
    public var maximumSkips = 5

    public init() {}

    var rates: LearningRateSchedule {
        LearningRateSchedule(peak: rate, warmUpSteps: warmUp, shape: schedule, finalFraction: finalRate)
    }

    var optimiser: Optimizer.Settings {
        var settings = Optimizer.Settings()
        settings.method = optimizer
        settings.momentum = Float(momentum)
        settings.beta1 = Float(beta1)
        settings.beta2 = Float(beta2)
        settings.epsilon = Float(epsilon)
        settings.weightDecay = Float(weightDecay)
        settings.maximumNorm = clipNorm
        return settings
    }

    var objective: DiffusionObjective.Settings {
        var settings = DiffusionObjective.Settings()
        settings.mode = mode
        settings.weighting = weighting
        settings.gamma = gamma
        settings.knownWeight = Float(knownWeight)
        return settings
    }

    /// - Parameter name: `<component>/<key>`.
    func isFrozen(_ name: String) -> Bool { freeze.contains { name.hasPrefix($0) } }

    /// - Parameter name: `<component>/<key>`.
    func isRenewed(_ name: String) -> Bool { renew.contains { name.hasPrefix($0) } }

    var pool: ToyboxSets.Pool? {
        guard poolSubjects > 0 else { return nil }
        return ToyboxSets.Pool(subjects: poolSubjects, images: poolImages, portraits: poolPortraits)
    }

    /// The same with what may change from one part of a run to the next set to the defaults.
    var decisive: TrainingConfiguration {
        var copy = self
        let plain = TrainingConfiguration()
        copy.latents = plain.latents
        copy.logEvery = plain.logEvery
        copy.snapshotEvery = plain.snapshotEvery
        copy.sampleEvery = plain.sampleEvery
        copy.probeEvery = plain.probeEvery
        copy.maximumSkips = plain.maximumSkips
        // The rate of a step depends on the number of steps only where the cosine does.
        if schedule == .constant { copy.steps = plain.steps }
        return copy
    }
}
