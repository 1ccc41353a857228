import JointDiffusion
import SyntheticSubjects
import Tensors

/// Heads that the judge learns with and is then rid of: they have its features tell what the toybox knows of a toy, its
/// colours, pattern, finish, what it wears and its kind; and its places tell where the toy is. That takes it past its slow
/// beginning, in which a toy's looks are nothing to it beside those of the scene.
struct JudgeTutor {
    /// What is known of a toy.
    struct Answer: Sendable {
        /// Red, green and blue of its three colours.
        let colors: [Float]
        /// Of each question, which of its answers is right.
        let choices: [Int]

        init(_ identity: ToyboxIdentity) {
            colors = identity.colors.flatMap { [$0.red, $0.green, $0.blue] }
            choices = [
                Self.place(of: identity.pattern), Self.place(of: identity.finish),
                identity.accessory.map { Self.place(of: $0) + 1 } ?? 0, Self.place(of: identity.kind),
            ]
        }

        private static func place<Value: CaseIterable & Equatable>(of value: Value) -> Int {
            Array(Value.allCases).firstIndex(of: value) ?? 0
        }
    }

    /// Answers that each question has, and what it counts for.
    private static let questions: [(answers: Int, weight: Float)] = [
        (ToyboxPattern.allCases.count, 0.3), (ToyboxFinish.allCases.count, 0.1),
        (ToyboxAccessory.allCases.count + 1, 0.2), (ToyboxKind.allCases.count, 0.2),
    ]
    private static let (colorWeight, maskWeight): (Float, Float) = (3, 1)

    private let toColors: Linear  // colors
    private let toAnswers: [Linear]  // answers.<question>
    private let toMask: Linear  // mask

    init(_ scope: ParameterScope, for judge: ToyboxJudge) throws(CheckpointError) {
        let features = judge.featureCount
        toMask = try Linear(scope["mask"], in: judge.placeChannels, out: 1)
        toColors = try Linear(scope["colors"], in: features, out: 9)
        var heads: [Linear] = []
        for (index, question) in Self.questions.enumerated() {
            heads.append(try Linear(scope["answers", index], in: features, out: question.answers))
        }
        toAnswers = heads
    }

    /// The loss of the answers, of shape `[]`: the mean over pictures.
    /// - Parameters:
    ///   - seen: what `ToyboxJudge.features` gives.
    ///   - masks: how much of each place is the toy's, from -1 to 1.
    func loss(_ seen: (features: Tensor, places: Tensor), _ answers: [Answer], masks: [Float]) -> Tensor {
        let (features, count) = (seen.features, answers.count)
        let colors = Tensor(answers.flatMap(\.colors), shape: [count, 9], on: features.backend)
        let mask = toMask(seen.places).activated(.tanh)
        let wanted = Tensor(masks, shape: mask.shape, on: mask.backend)
        var terms = [
            (Self.colorWeight / Float(count), toColors(features).weightedSquaredError(colors)),
            (Self.maskWeight / Float(masks.count), mask.weightedSquaredError(wanted)),
        ]
        for (index, question) in Self.questions.enumerated() {
            var wanted = [Float](repeating: 0, count: count * question.answers)
            for (picture, answer) in answers.enumerated() {
                wanted[picture * question.answers + answer.choices[index]] = 1
            }
            let entropy = toAnswers[index](features).crossEntropy(
                Tensor(wanted, shape: [count, question.answers], on: features.backend))
            terms.append((question.weight / Float(count), entropy))
        }
        return .linearCombination(terms)
    }
}
