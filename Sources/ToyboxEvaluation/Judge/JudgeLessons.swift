import Images
import SyntheticSubjects
import Tensors

/// Pictures that the judge learns from: chapters of toys, none of which is set aside for evaluation, each toy in a few
/// scenes. A chapter is drawn on all threads, then learned from several times over, since drawing costs as much as
/// learning does.
struct JudgeLessons: Sendable {
    struct Picture: Sendable {
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
    func chapter(_ index: Int, threads: Int) throws -> [Kind] {
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
                let sample = toybox.sample(composition, image: image, size: ToyboxJudge.side)
                return Picture(
                    pixels: JudgePixels(sample.image), scene: scene,
                    answer: JudgeTutor.Answer(sample.identity))
            }
        }
        return kinds.indices.map { Array(toys[$0 * subjects..<($0 + 1) * subjects]) }
    }
}
