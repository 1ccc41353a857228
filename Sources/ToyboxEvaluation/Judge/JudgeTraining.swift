import JointDiffusion
import SyntheticSubjects
import Tensors
import Training

/// Trains a judge from nothing. Short enough (minutes) to be done in one go: it keeps no snapshots.
///
/// What comes out is a function of the settings, but for the order in which threads add numbers up.
public final class JudgeTraining {
    public struct Settings: Sendable {
        public var judge = ToyboxJudge.Configuration()
        public var steps = 3000
        /// The share of the steps that are taken with pictures of half the side, which cost a quarter.
        public var smallShare = 0.6
        public var seed: UInt64 = 1
        public var threads = CPUConfiguration.availableProcessors
        public var rate = 3e-3
        /// What the toys are.
        public var toys = ToyboxKind.allCases
        /// Of a step: kinds, toys of each kind, pictures of each toy.
        public var kinds = 3
        public var subjects = 16
        public var pictures = 2
        /// Toys of each kind in a chapter, pictures of each toy, and how often each toy is met before the next chapter.
        public var chapterSubjects = 32
        public var chapterPictures = 4
        public var passes = 4
        public var temperature: Float = 0.1
        public var sceneWeight: Float = 0.5

        public init() {}

        /// Steps that are taken with one chapter.
        func chapterSteps(kinds count: Int) -> Int {
            max(1, passes * count * chapterSubjects * chapterPictures / (kinds * subjects * pictures))
        }
    }

    public struct Progress: Sendable {
        public let step, steps: Int
        /// Cross entropies: of the toys, of the scenes.
        public let identity, scene: Float
    }

    public let settings: Settings
    private let tape: GradientTape
    private let judge: ToyboxJudge
    private let tutor: JudgeTutor
    private let parameters: [(name: String, tensor: Tensor)]
    private let optimiser: Optimizer
    private let average: ExponentialMovingAverage
    private let lessons: JudgeLessons
    private let augmentation = JudgeAugmentation()

    public init(_ settings: Settings) throws {
        self.settings = settings
        tape = GradientTape(CPUBackend(CPUConfiguration(threads: settings.threads)))
        let source = TrainedParameters(
            ParameterInitialiser(seed: settings.seed, on: tape.base), on: tape)
        judge = try ToyboxJudge(settings.judge, ParameterScope(source))
        tutor = try JudgeTutor(ParameterScope(source)[Self.tutor], for: judge)
        parameters = source.trained
        var adam = Optimizer.Settings()
        adam.weightDecay = 0.03
        optimiser = Optimizer(parameters, settings: adam, on: tape)
        average = ExponentialMovingAverage(of: parameters, decay: 0.995, on: tape.base)
        lessons = JudgeLessons(
            seed: settings.seed, subjects: settings.chapterSubjects, pictures: settings.chapterPictures,
            kinds: settings.toys)
    }

    /// - Parameter report: called after each step; may throw to end the training.
    public func run(report: (Progress) throws -> Void = { _ in }) throws {
        let schedule = LearningRateSchedule(
            peak: settings.rate, warmUpSteps: min(100, settings.steps / 10), shape: .cosine,
            finalFraction: 0.01)
        let each = settings.chapterSteps(kinds: lessons.kinds.count)
        let small = Int(settings.smallShare * Double(settings.steps))
        var chapter: [JudgeLessons.Kind] = []
        for step in 0..<settings.steps {
            let side = step < small ? ToyboxJudge.side / 2 : ToyboxJudge.side
            if step % each == 0 || step == small {
                chapter = try lessons.chapter(step / each, side: side, threads: settings.threads)
            }
            let (identity, scene) = try addGradients(step, chapter, side: side)
            guard identity.isFinite, scene.isFinite else {
                throw ToyboxEvaluationError.notFinite(step: step + 1)
            }
            optimiser.step(
                rate: Float(schedule.rate(at: step, of: settings.steps)), norm: optimiser.gradientNorm())
            average.follow(step: step + 1)
            try report(
                Progress(step: step + 1, steps: settings.steps, identity: identity, scene: scene))
        }
    }

    /// The judge's moving averages as a file, in half precision.
    public func write(to path: String) throws {
        let own = average.averages.filter { !$0.name.hasPrefix("\(Self.tutor).") }
        try JudgeFile.write(own, configuration: settings.judge, settings: settings, to: path)
    }

    private static let tutor = "tutor"

    private func addGradients(_ step: Int, _ chapter: [JudgeLessons.Kind], side: Int) throws
        -> (identity: Float, scene: Float)
    {
        // 1. Who comes.
        var random = RandomSource(seed: RandomSource.seed(settings.seed, stream: -1 - step))
        var pictures: [JudgeLessons.Picture] = []
        var groups: [[Int]] = []
        for kind in chapter.indices.shuffled(using: &random).prefix(settings.kinds) {
            let toys = chapter[kind].indices.shuffled(using: &random).prefix(settings.subjects)
            groups.append(toys.map { _ in min(settings.pictures, settings.chapterPictures) })
            for toy in toys {
                pictures += chapter[kind][toy].shuffled(using: &random).prefix(settings.pictures)
            }
        }
        // 2. How they look today.
        let seed = random.next()
        let seen = try ParallelWork.map(0..<pictures.count, threads: settings.threads) {
            [pictures, augmentation] index in
            var random = RandomSource(seed: RandomSource.seed(seed, stream: index))
            let changed = augmentation(pictures[index].pixels, side: side, &random)
            return (
                pixels: changed.channels(0..<3),
                mask: changed.averaged(to: side / ToyboxJudge.placeExtent)
                    .channels(3..<4)
            )
        }
        // 3. What the judge makes of them.
        let pixels = Tensor(
            seen.flatMap(\.pixels), shape: [seen.count, side, side, 3], on: tape)
        let found = judge.features(pixels)
        let (embeddings, scenes) = judge.heads(found.features)
        let loss = JudgeLoss(temperature: settings.temperature, sceneWeight: settings.sceneWeight)(
            embeddings: embeddings, groups: groups, logits: scenes, scenes: pictures.map(\.scene))
        tape.backward(loss.sum + tutor.loss(found, pictures.map(\.answer), masks: seen.flatMap(\.mask)))
        return (loss.identity, loss.scene)
    }
}
