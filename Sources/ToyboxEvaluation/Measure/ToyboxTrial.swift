import Images
import JointDiffusion
import SyntheticSubjects
import Tensors

/// One subject that is evaluated with, the scene that is asked for, and the toys of its kind that it is to be told from.
///
/// A function of the seed and its number. All toys have numbers that are set aside (`Toybox.isHeldOut`), of which no trainer
/// learns whatever its seed; with another seed than the trainer's, all toys are others anyway.
public struct ToyboxTrial: Sendable {
    /// Most references, and the toys that one is to be found among.
    public static let (maximumReferences, candidates) = (4, 16)
    /// Pictures of each candidate that the judge knows it by.
    static let galleryPictures = 8

    public let number: Int
    public let kind: ToyboxKind
    /// What is asked for; no reference shows it.
    public let scene: ToyboxScene
    /// The subject, then the others.
    let subjects: [Int]
    /// Of the references.
    let referenceScenes: [ToyboxScene]
    let toybox: Toybox

    public init(_ number: Int, seed: UInt64) {
        self.number = number
        toybox = Toybox(seed: seed)
        kind = ToyboxKind.allCases[number % ToyboxKind.allCases.count]
        subjects = (0..<Self.candidates).map { (number * Self.candidates + $0) * 8 + 7 }
        var random = RandomSource(seed: RandomSource.seed(seed, stream: number))
        let scenes = ToyboxScene.allCases.shuffled(using: &random)
        scene = scenes[0]
        referenceScenes = Array(scenes[1...Self.maximumReferences])
    }

    /// "a photo of the cat in the snow": no colour, no pattern, nothing of what makes it this cat.
    public var prompt: String { "a photo of the \(kind.noun) \(scene.place)" }

    /// Photos that a model is shown.
    func references(_ count: Int, size: Int) -> [RGBImage] {
        (0..<count).map { draw(subjects[0], image: $0, scene: referenceScenes[$0], size: size) }
    }

    /// The picture that is asked for, as the toybox itself would take it.
    func truth(size: Int) -> RGBImage { draw(subjects[0], image: 100, scene: scene, size: size) }

    /// Pictures of all candidates, the right one first; none of them is a reference or the truth.
    func gallery() -> [[RGBImage]] {
        subjects.map { subject in
            (0..<Self.galleryPictures).map {
                draw(subject, image: 200 + $0, scene: nil, size: ToyboxJudge.side)
            }
        }
    }

    private func draw(_ subject: Int, image: Int, scene: ToyboxScene?, size: Int) -> RGBImage {
        toybox.sample(
            toybox.composition(subject: subject, image: image, kind: kind, scene: scene), image: image,
            size: size
        ).image
    }
}
