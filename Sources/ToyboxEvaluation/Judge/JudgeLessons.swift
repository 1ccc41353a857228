import Images
import SyntheticSubjects
import Tensors

/// Pictures that the judge learns from: chapters of toys, none of which is set aside for evaluation, each toy in a few
/// scenes. A chapter is drawn on all threads, then learned from several times over, since drawing costs as much as
/// learning does.
struct JudgeLessons: Sendable {
    struct Picture: Sendable {
        /// Red, green, blue, and where the toy is: -1 where not, 1 where it is all that is seen.
        let pixels: JudgePixels
        let scene: Int
        let answer: JudgeTutor.Answer
    }

    /// Toys of one kind, with their pictures.
    typealias Kind = [[Picture]]

    let toybox: Toybox
    /// Toys of each kind in a chapter.
    let subjects: Int
    /// Pictures of each toy.
    let pictures: Int
    let kinds: [ToyboxKind]

    init(seed: UInt64, subjects: Int, pictures: Int, kinds: [ToyboxKind] = ToyboxKind.allCases) {
        toybox = Toybox(seed: seed)
        (self.subjects, self.pictures, self.kinds) = (subjects, pictures, kinds)
    }

    /// Chapter `index`: toys that no other has. In the order of `kinds`.
    /// - Parameter side: of the pictures, in pixels.
    func chapter(_ index: Int, side: Int = ToyboxJudge.side, threads: Int) throws -> [Kind] {
        let count = kinds.count * subjects
        let toys = try ParallelWork.map(0..<count, threads: threads) { place in
            let number = index * count + place
            // Of eight subjects the last is held out.
            let subject = number / 7 * 8 + number % 7
            var random = RandomSource(seed: RandomSource.seed(toybox.seed, stream: subject))
            let scenes = Array(ToyboxScene.allCases.indices.shuffled(using: &random))
            return (0..<pictures).map { image in
                let scene = scenes[image % scenes.count]
                let composition = toybox.composition(
                    subject: subject, image: image, kind: kinds[place / subjects],
                    scene: ToyboxScene.allCases[scene])
                let sample = toybox.sample(composition, image: image, size: side)
                return Picture(
                    pixels: Self.pixels(of: sample), scene: scene,
                    answer: JudgeTutor.Answer(sample.identity))
            }
        }
        return kinds.indices.map { Array(toys[$0 * subjects..<($0 + 1) * subjects]) }
    }

    private static func pixels(of sample: ToyboxSample) -> JudgePixels {
        let side = sample.image.width
        var values: [Float] = []
        values.reserveCapacity(4 * side * side)
        for pixel in 0..<side * side {
            for channel in 0..<3 {
                values.append(Float(sample.image.pixels[3 * pixel + channel]) / 127.5 - 1)
            }
            values.append(Float(sample.mask[pixel]) / 127.5 - 1)
        }
        return JudgePixels(side: side, channels: 4, values: values)
    }
}
